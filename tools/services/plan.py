"""The processes of `make services`: name, command, port and environment of each.

A web server for the pages and for each service, a worker for each service, and the relay.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path

from app.cli.processes import MEMORY_ENV
from app.cli.serve_checks import CannotServe, check_port
from app.core import database_roles
from app.core.config import PAGES, SERVICES
from app.core.ladder import RELAY, api_part
from tools.build.steps import ROOT

HOST = "127.0.0.1"
REGION = "sa-east-1"
BUCKET = "bilheteria-tickets"
FIRST_PORTS = 200  # the ports after that of the site are tried, as far as this
WEB_SERVERS = (PAGES, *SERVICES)
# The account that the stand-in has without being told: it checks the signature of links.
CREDENTIALS = {"AWS_ACCESS_KEY_ID": "test", "AWS_SECRET_ACCESS_KEY": "test"}
GUNICORN = ("-m", "gunicorn", "--config", str(ROOT / "app/web/gunicorn_conf.py"), "--chdir", str(ROOT))


@dataclass(frozen=True)
class Plan:
    """A process to start. It answers `/healthz` and `/readyz` at `port`."""

    name: str
    command: tuple[str, ...]
    port: int
    env: Mapping[str, str]

    @property
    def is_web_server(self) -> bool:
        return self.name in WEB_SERVERS


@dataclass(frozen=True)
class Site:
    """What all processes share: the site's port, the data folder, the database and the stand-in for AWS.

    `tasks`: process → its settings of the resources, where these are not our own queues and bucket (`tools.infra`).
    """

    port: int
    var: Path
    database_url: str
    aws_port: int
    has_roles: bool = False
    tasks: Mapping[str, Mapping[str, str]] = field(default_factory=dict)

    @property
    def url(self) -> str:
        return f"http://localhost:{self.port}"

    @property
    def aws_url(self) -> str:
        return f"http://{HOST}:{self.aws_port}"

    def env(self, given: Mapping[str, str]) -> dict[str, str]:
        """The environment of every process; settings that a person gives have precedence over the demo's."""
        usual = {
            **MEMORY_ENV,
            "BILHETERIA_PUBLIC_URL": self.url,
            "WEB_WORKERS": "1",
            # All processes together stay below the connections of the embedded database.
            "BILHETERIA_DB_POOL": "6",
        }
        ours = {
            **CREDENTIALS,
            "BILHETERIA_VAR": str(self.var),
            "BILHETERIA_HOST": HOST,
            "BILHETERIA_PROXIES": "1",
            "BILHETERIA_QUEUE": f"sqs://bilheteria?region={REGION}&endpoint={self.aws_url}",
            "BILHETERIA_STORAGE": f"s3://{BUCKET}/tickets?region={REGION}&endpoint={self.aws_url}",
            "AWS_EC2_METADATA_DISABLED": "true",
            "PYTHONPATH": str(ROOT),
            "PYTHONUTF8": "1",
            "PYTHONUNBUFFERED": "1",
        }
        without = {
            name: text for name, text in given.items() if name not in ("SERVICES", "DATABASE_URL_FILE")
        }
        return usual | without | ours | {"DATABASE_URL": self.database_url}

    def database_url_of(self, part: str) -> str:
        """The URL by which the processes of a part connect to the one database.

        `part` as in `core.database_roles.role_name`.
        """
        return database_roles.role_url(self.database_url, part) if self.has_roles else self.database_url


def plans(site: Site, given: Mapping[str, str], ports: Iterator[int]) -> list[Plan]:
    """The processes of `site`. `given`: the environment of the caller. Raises CannotServe without free ports."""
    shared = site.env(given)
    found = []
    for service in WEB_SERVERS:
        port = next(ports)
        env = shared | {
            "DATABASE_URL": site.database_url_of(service if service == PAGES else api_part(service)),
            "SERVICES": service,
            "PORT": str(port),
            "PGAPPNAME": service,
            **site.tasks.get(service, {}),
        }
        found.append(Plan(service, (sys.executable, *GUNICORN), port, env))
    for name, service, module in [
        *((f"{service}-worker", service, "app.cli.worker") for service in SERVICES),
        ("relay", RELAY, "app.cli.relay"),
    ]:
        port = next(ports)
        env = shared | {
            "DATABASE_URL": site.database_url_of(service),
            "BILHETERIA_HEALTH_PORT": str(port),
            "PGAPPNAME": name,
            **site.tasks.get(name, {}),
        }
        if service in SERVICES:
            env["SERVICES"] = service
        found.append(Plan(name, (sys.executable, "-m", module), port, env))
    return found


def free_ports(after: int) -> Iterator[int]:
    """Ports of this machine that are free now, the nearest above `after` first. Raises CannotServe."""
    for port in range(after + 1, min(after + FIRST_PORTS, 65_536)):
        with suppress(CannotServe):
            check_port(HOST, port)
            yield port
    raise CannotServe(f"there are too few free ports above {after}: set PORT to another one")
