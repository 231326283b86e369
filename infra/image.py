"""The one image of all parts, by name: the services need no reference to the stack that makes its repository."""

from __future__ import annotations

from aws_cdk import aws_ecr as ecr
from aws_cdk import aws_ecs as ecs
from constructs import Construct

from infra.environments import Environment

REPOSITORY = "app"


def image(scope: Construct, environment: Environment) -> ecs.ContainerImage:
    """The image with the environment's tag."""
    repository = ecr.Repository.from_repository_name(scope, "Images", f"{environment.prefix}-{REPOSITORY}")
    return ecs.ContainerImage.from_ecr_repository(repository, environment.image_tag)
