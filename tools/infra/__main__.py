"""Make the templates of both environments, and check them: cdk-nag, cfn-lint, the tests' promises, and a purchase.

The purchase runs on what the templates make at a stand-in for AWS on this machine. Nothing is sent to AWS, and nothing
here shows that AWS accepts the templates: no account was at hand.
"""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

from infra.environments import ENVIRONMENTS, PRODUCTION
from tools.build.steps import PYTHON, ROOT, VENV, progress

OUT = ROOT / "cdk.out"


def main() -> int:
    """Run all checks. Returns the exit status."""
    failed = [name for name in ENVIRONMENTS if not _synthesise(name)]
    if not failed:
        templates = sorted(OUT.glob("*/*.template.json"))
        for name in ENVIRONMENTS:
            failed += _failed(f"cdk-nag in {name}", [PYTHON, "-m", "tools.infra.nag", name])
        # CDK writes some dependencies that a reference implies too (W3005): they do nothing.
        lint: list[str | Path] = [VENV / "bin" / "cfn-lint", "--ignore-checks", "W3005", "--", *templates]
        failed += _failed("cfn-lint", lint)
        failed += _failed("the promises", [PYTHON, "-m", "pytest", "-q", "tests/infra", *sys.argv[1:]])
        bought: list[str | Path] = [PYTHON, "-m", "tools.infra.purchase", OUT / PRODUCTION.name]
        failed += _failed("a purchase on what the templates make", bought)
    print(f"FAILED: {', '.join(failed)}" if failed else "All passed. Nothing was sent to AWS.", flush=True)
    return 1 if failed else 0


def _synthesise(name: str) -> bool:
    """Make an environment's templates in cdk.out/NAME. CDK's own validation runs with cdk-nag."""
    command: list[str | Path] = [PYTHON, "-m", "infra.app", "--environment", name]
    return not _failed(
        f"the templates of {name}", command, CDK_OUTDIR=str(OUT / name), CDK_VALIDATION="false"
    )


def _failed(name: str, command: Sequence[str | Path], **env: str) -> list[str]:
    """Run a check; its name if it fails."""
    with progress(f"Checking {name}"):
        done = subprocess.run(command, cwd=ROOT, env={**os.environ, **env}, stdin=subprocess.DEVNULL)
    return [name] if done.returncode else []


if __name__ == "__main__":
    sys.exit(main())
