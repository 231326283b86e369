"""What `make services` needs beside the box office: the stand-in for AWS, in an environment of its own, and nginx.

The stand-in pins other versions of packages that we use.
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from tools.build import system
from tools.build.steps import VENV, SetupError, run, step

STAND_IN = "ministack==1.5.33"
SIGNING = "cryptography>=41.0"  # without it the stand-in signs tokens by a key that nobody can check
OWN = VENV / "aws"
COMMAND = OWN / "bin" / "ministack"


def main() -> int:
    """Install both. With `--optional` a failure is one line, and the tests that need them are skipped."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--optional", action="store_true", help="go on without what cannot be installed")
    optional = parser.parse_args().optional
    failed = False
    for install in (system.install_front_server, install_stand_in):
        try:
            install()
        except SetupError as error:
            failed = True
            print(
                f"make: {error}" if not optional else f"  {error}\n  Its tests are skipped.", file=sys.stderr
            )
    return 1 if failed and not optional else 0


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
        "--disable-pip-version-check",
    ]
    run([sys.executable, "-m", "venv", OWN], "Python could not make an environment for the stand-in for AWS")
    run([*pip, STAND_IN, SIGNING], f"pip could not install {STAND_IN}: is there a network?")


if __name__ == "__main__":
    sys.exit(main())
