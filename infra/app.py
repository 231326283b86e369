"""`python -m infra.app`: make the templates of an environment, without an account and without a network.

The environment comes from the context: `cdk deploy -c environment=development`; `production` is the default. `-c tag=…`
names the image's tag, `-c zone=…` the domain's zone in Route 53, and `-c cloudfront-list=pl-…` the region's list of
CloudFront's addresses. `-c first=yes` makes the services without tasks (docs/aws.md). `-c sales=2026-12-10T12:00Z=40,…`
names the sales that are known to be hot, with the number of tasks of pages and REST that then run at least.
"""

from __future__ import annotations

import argparse
import json
import sys
from dataclasses import replace
from typing import Any

import aws_cdk as cdk

from infra.environments import ENVIRONMENTS, PRODUCTION, Environment, HotSale
from infra.stacks.data import DataStack
from infra.stacks.delivery import DeliveryStack
from infra.stacks.edge import EdgeStack
from infra.stacks.edge_pages import EdgePagesStack
from infra.stacks.identity import IdentityStack
from infra.stacks.messaging import MessagingStack
from infra.stacks.network import NetworkStack
from infra.stacks.observability import ObservabilityStack
from infra.stacks.services import ServicesStack
from infra.watching.metrics import CLOUDFRONT_REGION
from tools.build.steps import ROOT


def build(environment: Environment, app: cdk.App | None = None) -> cdk.App:
    """An app with all stacks of an environment; `app` is one that has the context already."""
    app = app or new_app()

    def about(name: str, region: str = environment.region) -> dict[str, Any]:
        """The arguments that every stack has. Without an account, whatever the machine's profile is."""
        return {
            "scope": app,
            "id": f"{environment.prefix}-{name}",
            "environment": environment,
            "env": cdk.Environment(region=region),
            "termination_protection": environment.is_production,
        }

    network = NetworkStack(**about("network"))
    data = DataStack(network=network, **about("data"))
    messaging = MessagingStack(**about("messaging"))
    identity = IdentityStack(**about("identity"))
    services = ServicesStack(
        network=network, data=data, messaging=messaging, identity=identity, **about("services")
    )
    edge = EdgeStack(network=network, identity=identity, services=services, **about("edge"))
    pages = EdgePagesStack(services=services, **about("edge-pages", CLOUDFRONT_REGION))
    ObservabilityStack(
        data=data, messaging=messaging, services=services, edge=edge, pages=pages, **about("observability")
    )
    DeliveryStack(**about("delivery"))
    # CloudFormation knows no tags of this type, whatever CDK sends.
    untagged = ["AWS::RDS::DBProxyTargetGroup"]
    cdk.Tags.of(app).add("application", "bilheteria", exclude_resource_types=untagged)
    cdk.Tags.of(app).add("environment", environment.name, exclude_resource_types=untagged)
    return app


def new_app(outdir: str | None = None) -> cdk.App:
    """An app with the context of cdk.json, also where the command `cdk` has not read it."""
    return cdk.App(context=json.loads((ROOT / "cdk.json").read_text())["context"], outdir=outdir)


def main() -> int:
    """Make the templates of the environment that the context or `--environment` names. Returns the exit status."""
    parser = argparse.ArgumentParser(prog="python -m infra.app")
    parser.add_argument("--environment", help="production or development; the context has precedence")
    given = parser.parse_args().environment
    app = new_app()
    name = app.node.try_get_context("environment") or given or PRODUCTION.name
    if name not in ENVIRONMENTS:
        print(f"infra: environment is one of {', '.join(ENVIRONMENTS)}, not {name!r}", file=sys.stderr)
        return 1
    build(with_context(ENVIRONMENTS[name], app), app).synth()
    return 0


def with_context(environment: Environment, app: cdk.App) -> Environment:
    """The environment with what the context says about it."""
    keys = {"image_tag": "tag", "hosted_zone_id": "zone", "cloudfront_prefix_list_id": "cloudfront-list"}
    given = {field: app.node.try_get_context(key) for field, key in keys.items()}
    sales = str(app.node.try_get_context("sales") or "")
    environment = replace(
        environment,
        hot_sales=tuple(map(HotSale.read, filter(None, sales.split(",")))),
        is_first=app.node.try_get_context("first") == "yes",
    )
    return replace(environment, **{field: value for field, value in given.items() if value})


if __name__ == "__main__":
    sys.exit(main())
