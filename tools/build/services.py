"""What `make services` needs beside the box office: the stand-in for AWS, in an environment of its own, and nginx.

The stand-in pins other versions of packages that we use.
"""

from __future__ import annotations

import sys
from pathlib import Path

from tools.build import system
from tools.build.steps import VENV, SetupError, run, step

STAND_IN = "ministack==1.5.33"
SIGNING = "cryptography>=41.0"  # without it the stand-in signs tokens by a key that nobody can check
OWN = VENV / "aws"
COMMAND = OWN / "bin" / "ministack"


def main() -> int:
    try:
        for install in INSTALLED:
            install()
    except SetupError as error:
        print(f"make: {error}", file=sys.stderr)
        return 1
    return 0


def try_install() -> None:
    """Install what can be installed: tests and figures that need the rest are skipped."""
    for install in INSTALLED:
        try:
            install()
        except SetupError as error:
            print(f"  {error}\n  What needs it is skipped.", file=sys.stderr)


def install_stand_in() -> None:
    """Install the stand-in for AWS once. Raises SetupError."""
    step("aws", f"Installing {STAND_IN}", f"{STAND_IN} {SIGNING}", [COMMAND], _install)


def _install() -> None:
    pip: list[str | Path] = [
        OWN / "bin" / "python",
        "-m",
        "pip",
        "install",
        "-q",
        "--no-compile",
        "--disable-pip-version-check",
    ]
    run([sys.executable, "-m", "venv", OWN], "Python could not make an environment for the stand-in for AWS")
    run([*pip, STAND_IN, SIGNING], f"pip could not install {STAND_IN}: is there a network?")


INSTALLED = (system.install_front_server, install_stand_in)

if __name__ == "__main__":
    sys.exit(main())
