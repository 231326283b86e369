"""Runs the checks of `make check` side by side and then, for `make test`, the tests; says at the end which failed."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from tools.build.node import node
from tools.build.steps import PYTHON, ROOT, VENV, say

MOST_WORKERS = 8
PYTEST: list[str | Path] = [PYTHON, "-m", "pytest", "-q"]
LINT = ROOT / "tools" / "checks" / "lint"


def main() -> int:
    arguments = sys.argv[1:]
    with_tests = "--tests" in arguments
    passed_on = arguments[arguments.index("--") + 1 :] if "--" in arguments else []
    checks = _checks()
    if with_tests:  # this compiles the modules of the tests, which each process of the run loads
        checks = {"test modules": [*PYTEST, "--collect-only", *passed_on], **checks}
    with ThreadPoolExecutor(os.cpu_count() or 2) as pool:
        passed = dict(zip(checks, pool.map(_check, checks, checks.values()), strict=True))
    if with_tests:
        say("tests …")
        passed["tests"] = _check("tests", _pytest(passed_on), live=True)
    failed = [name for name, is_passed in passed.items() if not is_passed]
    if failed:
        say(f"FAILED: {', '.join(failed)}")
        return 1
    say("All passed.")
    return 0


def _checks() -> dict[str, list[str | Path]]:
    """The command of each check, the longest ones first."""
    programs, node_modules = VENV / "bin", LINT / "node_modules"
    return {
        "types": [programs / "mypy"],
        "migration rules": [programs / "python", "-m", "tools.checks.migration_rules"],
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
        "import rules": [programs / "lint-imports"],
        "image": [programs / "hadolint", "Dockerfile"],
        "containers": [
            node(), node_modules / "dclint/bin/dclint.cjs", "--config", LINT / "dclint.yaml", "compose.yaml",
        ],
    }  # fmt: skip


def _check(name: str, command: Sequence[str | Path], *, live: bool = False) -> bool:
    """Run one check. Its output is shown at once (`live`), or only if it fails."""
    begun = time.monotonic()
    env = {**os.environ, "PATH": f"{VENV / 'bin'}:{os.environ.get('PATH', os.defpath)}"}
    # The tests start Python hundreds of times: it reads compiled modules instead of compiling the sources each time.
    env.pop("PYTHONDONTWRITEBYTECODE", None)
    done = subprocess.run(
        command, cwd=ROOT, env=env, stdin=subprocess.DEVNULL, text=True,
        stdout=None if live else subprocess.PIPE, stderr=None if live else subprocess.STDOUT,
    )  # fmt: skip
    if done.returncode and not live:
        say(done.stdout.strip())
    say(f"{name}: {'passed' if done.returncode == 0 else 'FAILED'} in {time.monotonic() - begun:.1f} s")
    return done.returncode == 0


def _pytest(arguments: list[str]) -> list[str | Path]:
    """The pytest command, parallel by file: the tests of a file share their servers.

    Two processes more than there are cores: while tests wait for a timer or a restart, others have their cores. The
    files begin in the order of `tests/conftest.py`.
    """
    workers = max(2, min(MOST_WORKERS, (os.cpu_count() or 2) + 2))
    spread = ["-n", str(workers), "--dist", "loadfile", "--no-loadscope-reorder"]
    spread = [] if "-n" in arguments else spread
    return [*PYTEST, *spread, *arguments]


if __name__ == "__main__":
    sys.exit(main())
