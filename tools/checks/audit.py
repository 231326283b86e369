"""`make audit`: searches for known vulnerabilities of pinned packages. It needs the network.

pip-audit checks Python packages, in its own environment because its dependencies are not ours; npm checks its packages.
The exit status is 1 if there is a vulnerability, or if a service did not answer.
"""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

from tools.build.node import npm
from tools.build.steps import ROOT, VENV, SetupError, run, say, step

PIP_AUDIT = "pip-audit==2.10.1"
OWN = VENV / "audit"
LOCKS = (ROOT, ROOT / "tools/bench", ROOT / "tools/checks/lint")


def main() -> int:
    try:
        step("audit", f"Installing {PIP_AUDIT}", PIP_AUDIT, [OWN / "bin/pip-audit"], _install)
        commands: dict[str, list[str | Path]] = {
            "Python packages": [
                OWN / "bin/pip-audit",
                "--strict",
                "--disable-pip",
                "--no-deps",
                "-r",
                "constraints.txt",
            ],
        }
        for folder in LOCKS:
            commands[f"npm packages of {folder.relative_to(ROOT)}"] = [*npm(), "audit", "--prefix", folder]
    except SetupError as error:
        print(f"make: {error}", file=sys.stderr)
        return 1
    failed = [name for name, command in commands.items() if not _passes(name, command)]
    say(f"FAILED: {', '.join(failed)}" if failed else "No pinned package has a known vulnerability.")
    return 1 if failed else 0


def _install() -> None:
    run([sys.executable, "-m", "venv", OWN], "Python could not make an environment for pip-audit")
    run([OWN / "bin/python", "-m", "pip", "install", "-q", PIP_AUDIT], f"pip could not install {PIP_AUDIT}")


def _passes(name: str, command: list[str | Path]) -> bool:
    say(f"{name} …")
    return subprocess.run([str(part) for part in command], cwd=ROOT, stdin=subprocess.DEVNULL).returncode == 0


if __name__ == "__main__":
    sys.exit(main())
