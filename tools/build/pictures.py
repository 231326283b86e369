"""What `make pictures` needs beside the box office: Debian's Graphviz, and the icons of the package `diagrams`.

They lie in a folder of their own, because the box office needs neither.
"""

from __future__ import annotations

import shutil
import sys
from pathlib import Path

from tools.build import system
from tools.build.steps import PYTHON, ROOT, VENV, SetupError, fingerprint, run, step

OWN = VENV / "pictures"
REQUIREMENTS = ROOT / "tools" / "pictures" / "requirements.txt"


def main() -> int:
    try:
        if shutil.which("neato") is None:
            system.apt_install(["graphviz", "fonts-liberation2"], "the pictures need")
        made_from = fingerprint([REQUIREMENTS])
        step("pictures", "Installing the icons of the pictures", made_from, [OWN / "resources"], _install)
    except SetupError as error:
        print(f"make: {error}", file=sys.stderr)
        return 1
    return 0


def _install() -> None:
    """Without dependencies: `diagrams` names tools of its own developers, and we use its icons only."""
    pip: list[str | Path] = [
        PYTHON,
        "-m",
        "pip",
        "install",
        "-q",
        "--disable-pip-version-check",
        "--no-deps",
        "--upgrade",
    ]
    run([*pip, "--target", OWN, "-r", REQUIREMENTS], "pip could not install the icons: is there a network?")


if __name__ == "__main__":
    sys.exit(main())
