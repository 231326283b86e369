"""`python -m infra.delivery.migrate ENVIRONMENT TAG [COMMAND …]`: migrate the database with the image TAG.

It defines the task `commands` once more, with the new image, runs it, and waits. The migrations only expand, so the
release that runs goes on. Another COMMAND runs instead of the migrations, such as the one that makes the database's
roles. Before the first roll-out there is no such task (docs/aws.md): then there is nothing to migrate yet.
"""

from __future__ import annotations

import sys
from collections.abc import Sequence
from typing import Any

import boto3
from botocore.exceptions import ClientError

from infra.environments import ENVIRONMENTS, Environment

# What a description has and a definition does not take.
_READ_ONLY = (
    "taskDefinitionArn", "revision", "status", "requiresAttributes", "compatibilities", "registeredAt", "registeredBy",
    "deregisteredAt",
)  # fmt: skip
APP = "app"


class Failed(Exception):
    """The migrations did not end well; the message is one line."""


def main() -> int:
    """Returns the exit status."""
    name, tag, *command = sys.argv[1:]
    environment = ENVIRONMENTS[name]
    try:
        migrate(environment, tag, boto3.Session(region_name=environment.region), command)
    except Failed as error:
        print(f"migrate: {error}", file=sys.stderr)
        return 1
    return 0


def migrate(
    environment: Environment, tag: str, session: boto3.Session, command: Sequence[str] = ()
) -> str | None:
    """Run the migrations, or `command`; returns what ran, None before the first roll-out. Raises Failed."""
    ecs, prefix = session.client("ecs"), environment.prefix
    try:
        found = ecs.describe_task_definition(taskDefinition=f"{prefix}-commands")["taskDefinition"]
    except ClientError:
        print("There is no task `commands` yet: run this again after the first roll-out.")
        return None
    defined = ecs.register_task_definition(**with_image(found, f"{prefix}-commands-next", tag))
    arn = defined["taskDefinition"]["taskDefinitionArn"]
    started = ecs.run_task(
        cluster=prefix,
        taskDefinition=arn,
        launchType="FARGATE",
        networkConfiguration={"awsvpcConfiguration": network(environment, session)},
        overrides={"containerOverrides": [{"name": APP, "command": list(command)}] if command else []},
    )
    if started["failures"]:
        raise Failed(f"the task did not start: {started['failures'][0].get('reason')}")
    task = started["tasks"][0]["taskArn"]
    ecs.get_waiter("tasks_stopped").wait(
        cluster=prefix, tasks=[task], WaiterConfig={"Delay": 5, "MaxAttempts": 240}
    )
    check(ecs.describe_tasks(cluster=prefix, tasks=[task])["tasks"][0], f"/{prefix}/commands")
    return str(arn)


def with_image(description: dict[str, Any], family: str, tag: str) -> dict[str, Any]:
    """The arguments of a new definition: that of the description with another image of the same repository."""
    made = {name: value for name, value in description.items() if name not in _READ_ONLY}
    containers = [dict(one) for one in made["containerDefinitions"]]
    for container in containers:
        if container["name"] == APP:
            container["image"] = f"{container['image'].rpartition(':')[0]}:{tag}"
    return made | {"family": family, "containerDefinitions": containers}


def network(environment: Environment, session: boto3.Session) -> dict[str, Any]:
    """Where the task runs: as the stack of the network says."""
    stacks = session.client("cloudformation").describe_stacks(StackName=f"{environment.prefix}-network")
    found = {one["OutputKey"]: one["OutputValue"] for one in stacks["Stacks"][0]["Outputs"]}
    return {
        "subnets": found["CommandsSubnets"].split(","),
        "securityGroups": [found["CommandsGroup"]],
        "assignPublicIp": "DISABLED",
    }


def check(task: dict[str, Any], log: str) -> None:
    """Raise Failed unless the application's container ended with 0."""
    codes = {one["name"]: one.get("exitCode") for one in task["containers"]}
    if codes[APP] != 0:
        raise Failed(f"it ended with {codes[APP]} ({task.get('stoppedReason', '')}); its log is {log}")


if __name__ == "__main__":
    sys.exit(main())
