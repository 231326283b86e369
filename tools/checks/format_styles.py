"""`make format` for style sheets: Prettier formats them, and stylelint adds blank lines between rules."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

from tools.build.node import node
from tools.build.steps import ROOT

LINT = ROOT / "tools" / "checks" / "lint"


def main() -> int:
    """Format the files. Returns the exit status: not 0 if a program found an error that it cannot fix."""
    programs = LINT / "node_modules"
    commands: list[list[str | Path]] = [
        [programs / "prettier/bin/prettier.cjs", "--config", LINT / "prettier.json", "--write", "static/css"],
        [programs / "stylelint/bin/stylelint.mjs", "--config", LINT / "stylelint.config.mjs", "--fix",
         "static/css/**/*.css"],
    ]  # fmt: skip
    return max(subprocess.run([node(), *command], cwd=ROOT).returncode for command in commands)


if __name__ == "__main__":
    sys.exit(main())
