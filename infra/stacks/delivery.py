"""The image's repository, and the role with which the workflow deploys."""

from __future__ import annotations

from typing import Any

from aws_cdk import Stack
from aws_cdk import aws_ecr as ecr
from constructs import Construct

from infra.environments import Environment
from infra.image import REPOSITORY


class DeliveryStack(Stack):
    """`repository`: of the one image. It must exist before the services are deployed."""

    def __init__(self, scope: Construct, id: str, environment: Environment, **options: Any) -> None:
        super().__init__(scope, id, **options)
        self.repository = ecr.Repository(
            self,
            "Images",
            repository_name=f"{environment.prefix}-{REPOSITORY}",
            image_scan_on_push=True,
            image_tag_mutability=ecr.TagMutability.IMMUTABLE,
        )
