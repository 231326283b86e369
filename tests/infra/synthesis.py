"""`python -m tests.infra.synthesis FOLDER`: make the templates of production, and two stacks of development.

One process makes both, because most of the time goes into loading the CDK.
"""

from __future__ import annotations

import sys
from dataclasses import replace
from pathlib import Path

import aws_cdk as cdk

from infra.app import build, new_app
from infra.environments import DEVELOPMENT, PRODUCTION
from infra.stacks.data import DataStack
from infra.stacks.network import NetworkStack
from tests.infra.resources import HOT_SALE


def main(folder: Path) -> None:
    production = replace(PRODUCTION, hot_sales=(HOT_SALE,))
    build(production, new_app(str(folder / PRODUCTION.name))).synth()
    app = new_app(str(folder / DEVELOPMENT.name))
    region = cdk.Environment(region=DEVELOPMENT.region)
    network = NetworkStack(app, f"{DEVELOPMENT.prefix}-network", DEVELOPMENT, env=region)
    DataStack(app, f"{DEVELOPMENT.prefix}-data", DEVELOPMENT, network, env=region)
    app.synth()


if __name__ == "__main__":
    main(Path(sys.argv[1]))
