"""Dashboards, and alarms that go to one topic."""

from __future__ import annotations

from typing import Any

from aws_cdk import Stack
from aws_cdk import aws_cloudwatch as cloudwatch
from aws_cdk import aws_sns as sns
from constructs import Construct

from infra.environments import Environment
from infra.stacks.data import DataStack
from infra.stacks.edge import EdgeStack
from infra.stacks.messaging import MessagingStack
from infra.stacks.services import ServicesStack


class ObservabilityStack(Stack):
    """`topic`, and `alarms`: name → alarm."""

    def __init__(
        self,
        scope: Construct,
        id: str,
        environment: Environment,
        data: DataStack,
        messaging: MessagingStack,
        services: ServicesStack,
        edge: EdgeStack,
        **options: Any,
    ) -> None:
        super().__init__(scope, id, **options)
        self.topic = sns.Topic(self, "Alarms", topic_name=f"{environment.prefix}-alarms", enforce_ssl=True)
        self.alarms: dict[str, cloudwatch.Alarm] = {}
