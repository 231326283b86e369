"""Sets up a checkout on a machine with only Python: to run it, to check it (`--dev`), to test it (`--browser`).

It needs only the standard library, installs into .venv, and skips steps that were done from the same sources. Run it
through the Makefile.
"""

from __future__ import annotations

import argparse
import fcntl
import shutil
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import TextIO

from tools.build import node, services, system
from tools.build.steps import PYTHON, ROOT, VENV, SetupError, fingerprint, run, say, step

OLDEST, NEWEST = (3, 11), (3, 14)
PDF_FONT = ROOT / "static/vendor/fonts/PublicSans-Regular.ttf"


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--dev", action="store_true", help="the tools of checks and tests too")
    parser.add_argument("--browser", action="store_true", help="a Chromium for the tests too")
    parser.add_argument(
        "--services", action="store_true", help="what `make services` needs too, if it can be had"
    )
    parser.add_argument("--bench", action="store_true", help="the tools of the measurements too")
    wanted = parser.parse_args()
    try:
        _check_python()
        (ROOT / "var").mkdir(exist_ok=True)
        with open(ROOT / "var" / "setup.lock", "w") as lock:
            _wait_for(lock)
            _set_up(wanted)
    except SetupError as error:
        print(f"make: {error}", file=sys.stderr)
        return 1
    except OSError as error:
        print(f"make: {error.filename or 'the set-up'}: {error.strerror}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        return 130
    return 0


def _wait_for(lock: TextIO) -> None:
    """Wait until no other set-up runs in this checkout."""
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        say("Waiting for another set-up of this checkout …")
        fcntl.flock(lock, fcntl.LOCK_EX)


def _set_up(wanted: argparse.Namespace) -> None:
    system.install_pdf_libraries()
    _make_venv()
    # apt and pip wait for the network and the disk, so they run side by side.
    with ThreadPoolExecutor(1) as pool:
        programs = pool.submit(_install_programs, wanted)
        _install_packages(wanted)
        programs.result()
    if wanted.browser:
        system.fetch_browser()


def _install_programs(wanted: argparse.Namespace) -> None:
    """Install what is not in .venv."""
    if wanted.browser:
        system.install_browser()
    if wanted.services:
        services.try_install()


def _install_packages(wanted: argparse.Namespace) -> None:
    """Install the packages of Python and npm, and build from them what the pages need."""
    _install_requirements(dev=wanted.dev)
    node.install_packages()
    if wanted.dev:
        node.install_packages(ROOT / "tools/checks/lint")
    if wanted.bench and (ROOT / "tools/bench/package.json").exists():
        node.install_packages(ROOT / "tools/bench")
    _build_front_end()
    _compile_catalogues()
    _compile_templates()


def _check_python() -> None:
    if not OLDEST <= sys.version_info[:2] <= NEWEST:
        have = ".".join(map(str, sys.version_info[:2]))
        raise SetupError(f"Python 3.11 to 3.14 is needed, this is {have}: make PYTHON=python3.12 …")


def _make_venv() -> None:
    version = ".".join(map(str, sys.version_info[:2]))
    if (VENV / f"lib/python{version}/site-packages/pip").exists() and _starts():
        return
    if VENV.exists():
        shutil.rmtree(VENV)
    step("venv", "Making .venv", version, [PYTHON], _create_venv)


def _starts() -> bool:
    try:
        return subprocess.run([PYTHON, "-c", ""], stdin=subprocess.DEVNULL).returncode == 0
    except OSError:
        return False


def _create_venv() -> None:
    probe: list[str] = [sys.executable, "-c", "import ensurepip, venv"]
    if subprocess.run(probe, capture_output=True).returncode:
        system.apt_install(["python3-venv"], "Python's virtual environments need")
    run([sys.executable, "-m", "venv", str(VENV)], "Python could not make .venv")


def _install_requirements(*, dev: bool) -> None:
    """Install the pinned packages; each set has its stamp.

    Of the tools, tests compile what they load: pip would compile all, and most of its time goes into the AWS CDK.
    """
    _pip_install("requirements.txt")
    if dev:
        _pip_install("requirements-dev.txt", "--no-compile")


def _pip_install(name: str, *options: str) -> None:
    files = [ROOT / "requirements.txt", ROOT / "constraints.txt", ROOT / "requirements-dev.txt"]
    pip: list[str | Path] = [PYTHON, "-m", "pip", "install", "-q", "--disable-pip-version-check", *options]
    step(
        name,
        f"Installing the Python packages of {name}",
        fingerprint(files),
        [],
        lambda: run([*pip, "-r", name], f"pip could not install {name}: is there a network?"),
    )


def _build_front_end() -> None:
    patterns = ("js/**/*.js", "css/**/*.css", "**/*.svg", "**/*.webmanifest")
    mine = [path for pattern in patterns for path in (ROOT / "static").glob(pattern)]
    made = ROOT / "static/dist", ROOT / "static/vendor"
    sources = {path for path in mine if not any(folder in path.parents for folder in made)}
    tools = [ROOT / "package-lock.json", ROOT / "tools/build/assets.py"]
    step(
        "assets",
        "Building the pages' scripts and styles",
        fingerprint([*sources, *tools]),
        [ROOT / "static/dist/manifest.json", ROOT / "static/vendor/fonts/public-sans.woff2"],
        lambda: run([PYTHON, "-m", "tools.build.assets"], "the pages' scripts and styles could not be built"),
    )
    step(
        "fonts",
        "Making the fonts of the PDF tickets",
        fingerprint([ROOT / "package-lock.json", ROOT / "tools/build/fonts.py"]),
        [PDF_FONT],
        lambda: run([PYTHON, "-m", "tools.build.fonts"], "the fonts of the PDF tickets could not be made"),
    )


def _compile_catalogues() -> None:
    sources = list((ROOT / "app/translations").glob("**/*.po"))
    if sources:
        step(
            "catalogues",
            "Compiling the translations",
            fingerprint(sources),
            [ROOT / "app/translations/pt_BR/LC_MESSAGES/messages.mo"],
            lambda: run([PYTHON, "-m", "tools.build.catalogues"], "the translations could not be compiled"),
        )


def _compile_templates() -> None:
    """Compile them again after changes of Jinja's environment too: filters of constants run when they are compiled."""
    sources = [*(ROOT / "templates").glob("**/*.html"), *(ROOT / "app/web").glob("*.py")]
    step(
        "templates",
        "Compiling the templates",
        fingerprint([*sources, ROOT / "constraints.txt"], sys.version),
        [ROOT / "templates/.compiled"],
        lambda: run([PYTHON, "-m", "tools.build.templates"], "the templates could not be compiled"),
    )


if __name__ == "__main__":
    sys.exit(main())
