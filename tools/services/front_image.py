"""`python -m tools.services.front_image FOLDER`: the files of the container image `front`.

The processes are containers whose names are those of the services. nginx asks for their addresses every few seconds,
because a container that starts again can have another one.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path

from tools.services import front
from tools.services.plan import BUCKET

PORT, AWS_PORT = 8000, 4566  # of each web server, and of the stand-in for AWS
RESOLVER = "/tmp/resolver.conf"  # noqa: S108 - in the container
START = f"""\
# The name server of the container's network: Docker and Podman have different ones.
sed -n 's/^nameserver \\(.*\\)/resolver \\1 valid=5s ipv6=off;/p' /etc/resolv.conf | head -n 1 > {RESOLVER}
exec nginx -e stderr -p /tmp -c /srv/front/nginx.conf
"""
PLACE = front.Place(
    folder=Path("/srv/front"),
    files=Path("/srv"),
    temporary=Path("/tmp"),  # noqa: S108 - in the container
    listen=str(PORT),
)


class Containers:
    """Processes in containers of their own, and the PDF tickets of the stand-in for S3, whose links are signed."""

    def declarations(self) -> Iterator[str]:
        yield f"  include {RESOLVER};"

    def pass_to(self, service: str) -> str:
        # With a variable nginx looks the name up again, and starts while the container does not run.
        return f"      set $process {service};\n      proxy_pass http://$process:{PORT};"

    def locations(self) -> Iterator[str]:
        yield (
            f"    location ^~ /{BUCKET}/ {{\n"
            "      limit_except GET { deny all; }\n"
            "      set $process aws;\n"
            f"      proxy_pass http://$process:{AWS_PORT};\n"
            "      error_page 502 504 =503 /unavailable/page.$language.html;\n"
            "    }"
        )


def configuration() -> str:
    return front.configuration(PLACE, Containers())


def main() -> int:
    folder = Path(sys.argv[1])
    front.write_files(folder, configuration())
    (folder / "start.sh").write_text(START, encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
