"""Runs the checks of `make check` and `make test` in this order; prints one line for each, and failures at the end."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from pathlib import Path

from tools.build.node import node
from tools.build.steps import ROOT, VENV, say

MOST_WORKERS = 8
LINT = ROOT / "tools" / "checks" / "lint"


def main() -> int:
    arguments = sys.argv[1:]
    with_tests = "--tests" in arguments
    passed_on = arguments[arguments.index("--") + 1 :] if "--" in arguments else []
    programs, node_modules = VENV / "bin", LINT / "node_modules"
    checks: dict[str, list[str | Path]] = {
        "lint": [programs / "ruff", "check", "."],
        "format": [programs / "ruff", "format", "--check", "."],
        "templates": [programs / "djlint", "--lint", "--quiet", "templates"],
        "template lines": [programs / "python", "-m", "tools.checks.template_lines"],
        "scripts": [
            node(), node_modules / "eslint/bin/eslint.js", "--config", LINT / "eslint.config.mjs", "static/js",
        ],
        "styles": [
            node(), node_modules / "stylelint/bin/stylelint.mjs", "--config", LINT / "stylelint.config.mjs",
            "static/css/**/*.css",
        ],
        "style format": [
            node(), node_modules / "prettier/bin/prettier.cjs", "--config", LINT / "prettier.json", "--check",
            "static/css",
        ],
        "types": [programs / "mypy"],
        "import rules": [programs / "lint-imports"],
        "migration rules": [programs / "python", "-m", "tools.checks.migration_rules"],
    }  # fmt: skip
    failed = [name for name, command in checks.items() if not _check(name, [str(part) for part in command])]
    if with_tests and not _check("tests", _pytest(passed_on), live=True):
        failed.append("tests")
    if failed:
        say(f"FAILED: {', '.join(failed)}")
        return 1
    say("All passed.")
    return 0


def _check(name: str, command: list[str], *, live: bool = False) -> bool:
    """Run one check. Its output is shown at once (`live`), or only if it fails."""
    say(f"{name} …")
    begun = time.monotonic()
    env = {**os.environ, "PATH": f"{VENV / 'bin'}:{os.environ.get('PATH', os.defpath)}"}
    done = subprocess.run(
        command, cwd=ROOT, env=env, stdin=subprocess.DEVNULL, text=True,
        stdout=None if live else subprocess.PIPE, stderr=None if live else subprocess.STDOUT,
    )  # fmt: skip
    if done.returncode and not live:
        say(done.stdout.strip())
    say(f"  {'passed' if done.returncode == 0 else 'FAILED'} in {time.monotonic() - begun:.1f} s")
    return done.returncode == 0


def _pytest(arguments: list[str]) -> list[str]:
    """The pytest command, parallel by file: the tests of a file share their servers.

    One process more than there are cores: while a test waits for a timer or a restart, another one has its core.
    """
    workers = max(2, min(MOST_WORKERS, (os.cpu_count() or 2) + 1))
    spread = [] if "-n" in arguments else ["-n", str(workers), "--dist", "loadfile"]
    return [str(VENV / "bin" / "python"), "-m", "pytest", "-q", *spread, *arguments]


if __name__ == "__main__":
    sys.exit(main())
