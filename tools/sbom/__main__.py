"""Write the list of the packages that ship to var/sbom.json: of this checkout, or of an image (--root).

Of a checkout it names the packages of requirements.txt with what they need, and those of package-lock.json without the
tools of the build. Of an image it names the Python packages in it, the same npm packages, and those of Debian.
"""

from __future__ import annotations

import argparse
import sys
from collections import Counter
from pathlib import Path

from tools.build.steps import ROOT, SetupError, say
from tools.sbom.document import document
from tools.sbom.packages import (
    Package,
    debian_packages,
    npm_packages,
    python_packages,
    python_packages_of_image,
)

OUTPUT = ROOT / "var" / "sbom.json"


def main() -> int:
    """Returns the exit status; an error is one line on stderr."""
    parser = argparse.ArgumentParser(prog="make sbom", description=__doc__)
    parser.add_argument("--root", type=Path, help="the folder with the files of an image")
    parser.add_argument("--output", type=Path, default=OUTPUT)
    wanted = parser.parse_args()
    try:
        write(of_image(wanted.root) if wanted.root else of_checkout(), wanted.output)
    except SetupError as error:
        print(f"make sbom: {error}", file=sys.stderr)
        return 1
    except OSError as error:
        print(f"make sbom: {error.filename}: {error.strerror}", file=sys.stderr)
        return 1
    return 0


def of_checkout() -> list[Package]:
    return [*python_packages(ROOT / "requirements.txt"), *npm_packages()]


def of_image(root: Path) -> list[Package]:
    return [*python_packages_of_image(root), *npm_packages(), *debian_packages(root)]


def write(packages: list[Package], output: Path) -> None:
    """Write the document, and print how many packages of each kind it names."""
    output.parent.mkdir(parents=True, exist_ok=True)
    output.write_text(document(packages), encoding="utf-8")
    counts = Counter(package.kind for package in packages)
    say(f"{', '.join(f'{count} of {kind}' for kind, count in counts.items())}: {output}")


if __name__ == "__main__":
    sys.exit(main())
