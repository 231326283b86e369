"""What stands before the application: CloudFront, the API gateway and the web application firewall."""

from __future__ import annotations

from typing import Any

from aws_cdk import Stack
from constructs import Construct

from infra.environments import Environment
from infra.stacks.identity import IdentityStack
from infra.stacks.network import NetworkStack
from infra.stacks.services import ServicesStack


class EdgeStack(Stack):
    def __init__(
        self,
        scope: Construct,
        id: str,
        environment: Environment,
        network: NetworkStack,
        identity: IdentityStack,
        services: ServicesStack,
        **options: Any,
    ) -> None:
        super().__init__(scope, id, **options)
