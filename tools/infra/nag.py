"""`python -m tools.infra.nag ENVIRONMENT`: cdk-nag's AwsSolutions, and CDK's own validation, on all stacks.

A finding is open unless the code acknowledges it with a reason (`infra/exceptions.py`).
"""

from __future__ import annotations

import json
import sys
from tempfile import TemporaryDirectory
from typing import Any

import aws_cdk as cdk
from cdk_nag import AwsSolutionsChecks

from infra.app import build, new_app
from infra.environments import ENVIRONMENTS
from tools.build.steps import say


def main(name: str) -> int:
    """Print each open finding in one line. Returns the exit status."""
    with TemporaryDirectory(prefix="bilheteria-") as folder:
        app = new_app(folder)
        build(ENVIRONMENTS[name], app)
        cdk.Validations.of(app).add_plugins(AwsSolutionsChecks(app))
        try:
            app.synth()
        except RuntimeError as error:
            if "Validation failed" not in str(error):
                raise
        with open(f"{folder}/validation-report.json") as file:
            found = [*_open_findings(json.load(file))]
    for line in found:
        say(f"  {line}")
    return 1 if found else 0


def _open_findings(report: dict[str, Any]) -> list[str]:
    return [
        f"{violation['ruleName']} at {construct['constructPath']}"
        for plugin in report["pluginReports"]
        for violation in plugin["violations"]
        for construct in violation["violatingConstructs"]
    ]


if __name__ == "__main__":
    sys.exit(main(sys.argv[1]))
