"""Installs libraries and programs of the operating system with apt, or prints their names if apt may not be used."""

from __future__ import annotations

import ctypes
import ctypes.util
import os
import shutil
import subprocess
import sys
from collections.abc import Mapping, Sequence
from functools import cache
from pathlib import Path

from tools.build.steps import PYTHON, SetupError, progress, run

PDF_LIBRARIES = {
    "libpango-1.0.so.0": "libpango-1.0-0",
    "libpangoft2-1.0.so.0": "libpangoft2-1.0-0",
    "libharfbuzz-subset.so.0": "libharfbuzz-subset0",
}
# Libraries of the Playwright driver, which controls the browser in the tests.
DRIVER_LIBRARIES = {"libatomic.so.1": "libatomic1"}
# The programs of single tests, which are skipped without them. The kiosk's browser runs on a screen of its own.
TEST_PROGRAMS = {
    "the test of the kiosk's browser": {"Xvfb": "xvfb", "xdotool": "xdotool", "xkbcomp": "x11-xkb-utils"},
    "the test of a purchase by curl": {"curl": "curl", "jq": "jq"},
}
BROWSERS = ("chromium", "chromium-browser", "google-chrome")
# The same Chromium without its windows: a page in it takes half the processor time, or less.
HEADLESS_BROWSER = "chromium-headless-shell"


def install_pdf_libraries() -> None:
    """Install the libraries that WeasyPrint loads. Raises SetupError with the names of missing ones."""
    if sys.platform == "darwin":
        if ctypes.util.find_library("pango-1.0") is None and not _homebrew_has("libpango-1.0.dylib"):
            raise SetupError("the PDF tickets need Pango: brew install pango")
        return
    missing = _missing(PDF_LIBRARIES)
    if missing:
        apt_install(missing, "the PDF tickets need")


def find_browser() -> str | None:
    """A Chromium that is already installed, for the journeys of the tests."""
    for name in BROWSERS:
        path = shutil.which(name)
        if path is not None:
            return path
    return None


def find_headless_browser() -> str | None:
    """A Chromium that shows nothing, for pages that nobody has to see; else one with windows."""
    return shutil.which(HEADLESS_BROWSER) or find_browser()


def install_browser() -> None:
    """Install the Chromium of Debian if apt may be used, and the libraries and programs that the browser tests need."""
    missing = _missing(DRIVER_LIBRARIES) if sys.platform == "linux" else []
    if find_browser() is None and _may_use_apt():
        missing.append("chromium")
    if missing:
        apt_install(missing, "the browser tests need")
    _try_headless_browser()
    _try_test_programs()


def fetch_browser() -> None:
    """Fetch the Chromium of Playwright, which must be installed, if there is no other."""
    if find_browser() is None:
        fetch: list[str | Path] = [PYTHON, "-m", "playwright", "install", "chromium"]
        with progress("Fetching a Chromium with Playwright"):
            run(fetch, "the browser tests need Chromium: install it")


def _try_headless_browser() -> None:
    """Install the Chromium without windows, if apt may be used and has it."""
    if shutil.which(HEADLESS_BROWSER) is None:
        _try([HEADLESS_BROWSER], "quicker browser tests need", "They run in the browser with windows.")


def _try_test_programs() -> None:
    """Install the programs of single tests, if apt may be used and can: without them these tests are skipped."""
    for test, programs in TEST_PROGRAMS.items():
        missing = [package for name, package in programs.items() if shutil.which(name) is None]
        if missing:
            _try(missing, f"{test} needs", "It is skipped without them.")


def _try(packages: Sequence[str], purpose: str, otherwise: str) -> None:
    """Install packages if apt may be used; if it fails, say what happens without them."""
    if _may_use_apt():
        try:
            apt_install(packages, purpose)
        except SetupError as error:
            print(f"  {error}\n  {otherwise}", flush=True)


def find_nginx() -> str | None:
    """Debian has it in a folder that is not in the PATH of an ordinary user."""
    return shutil.which("nginx", path=f"{os.environ.get('PATH', '')}:/usr/sbin:/usr/local/sbin")


def install_front_server() -> None:
    """Install the nginx of Debian, or raise SetupError with what to install. Its own service is not needed."""
    if find_nginx() is not None:
        return
    needed = "the services need nginx as their front server"
    if sys.platform == "darwin":
        raise SetupError(f"{needed}: brew install nginx")
    if not _may_use_apt():
        raise SetupError(
            f"{needed}: sudo apt-get install -y --no-install-recommends nginx, or any nginx in the PATH"
        )
    apt_install(["nginx"], "the services' front server needs")


def apt_install(packages: Sequence[str], purpose: str) -> None:
    """Install Debian packages as root, or by sudo without a password. Raises SetupError with the command to type."""
    line = f"apt-get install -y --no-install-recommends {' '.join(packages)}"
    if not _may_use_apt():
        raise SetupError(f"{purpose} Debian packages that are not installed: sudo {line}")
    prefix = [] if os.geteuid() == 0 else ["sudo", "-n"]
    failure = f"{purpose} Debian packages that could not be installed: {line}"
    quiet = ["env", "DEBIAN_FRONTEND=noninteractive", "apt-get", "-qq", "-o", "DPkg::Lock::Timeout=120"]
    with progress(f"Installing {', '.join(packages)}"):
        _update_lists((*prefix, *quiet))
        run([*prefix, *quiet, "install", "-y", "--no-install-recommends", *packages], failure)


@cache
def _update_lists(apt: tuple[str, ...]) -> None:
    """Fetch the lists of packages, once in a set-up: it takes seconds."""
    run([*apt, "update"], "the lists of Debian's packages could not be fetched: apt-get update")


def _may_use_apt() -> bool:
    if shutil.which("apt-get") is None:
        return False
    if os.geteuid() == 0:
        return True
    if shutil.which("sudo") is None:
        return False
    return (
        subprocess.run(["sudo", "-n", "true"], capture_output=True, stdin=subprocess.DEVNULL).returncode == 0
    )


def _missing(libraries: Mapping[str, str]) -> list[str]:
    """The packages of the libraries that cannot be loaded."""
    return [package for library, package in libraries.items() if not _loads(library)]


def _loads(library: str) -> bool:
    try:
        ctypes.CDLL(library)
    except OSError:
        return False
    return True


def _homebrew_has(library: str) -> bool:
    return any(os.path.exists(f"{prefix}/lib/{library}") for prefix in ("/opt/homebrew", "/usr/local"))
