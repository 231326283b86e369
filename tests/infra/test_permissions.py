"""Each task may do what its code does, and nothing else."""

from __future__ import annotations

import json
from typing import Any

import pytest

from infra.parts import IDENTITY_CLIENTS, PARTS, Part
from tests.infra.resources import as_list, of_type, policy_statements

Documents = dict[str, dict[str, Any]]
# Actions of the application's own roles that AWS allows for all resources only.
WITHOUT_RESOURCES = {
    "ecr:GetAuthorizationToken",  # of the role of ECS, to pull the image
    "xray:PutTelemetryRecords", "xray:PutTraceSegments",  # of the collector beside a task
    "xray:GetSamplingRules", "xray:GetSamplingTargets",
}  # fmt: skip
# Resources with a wildcard, by how they end: all objects below a prefix, all streams of one log group, and the values
# that CDK carries to the stack in another region.
BELOW = ("/tickets/*", "/programme/*", "/load-balancer/AWSLogs/*", ":*", ":parameter/cdk/exports/*")


def statements(documents: Documents, part: str) -> list[dict[str, Any]]:
    """The statements of the task role of a part."""
    tasks = of_type(documents["services"], "AWS::ECS::TaskDefinition").values()
    task = next(one for one in tasks if one["Family"] == f"bilheteria-production-{part}")
    role = task["TaskRoleArn"]["Fn::GetAtt"][0]
    policies = of_type(documents["services"], "AWS::IAM::Policy").values()
    return [
        statement
        for policy in policies
        if {"Ref": role} in policy["Roles"]
        for statement in policy["PolicyDocument"]["Statement"]
    ]


def actions(documents: Documents, part: str) -> set[str]:
    return {action for one in statements(documents, part) for action in as_list(one["Action"])}


@pytest.mark.parametrize("stack", ["network", "data", "messaging", "services"])
def test_no_policy_has_a_wildcard_beyond_those_with_a_name(documents: Documents, stack: str) -> None:
    for id, statement in policy_statements(documents[stack]):
        assert not [one for one in as_list(statement["Action"]) if one == "*" or one.endswith(":*")], id
        for resource in as_list(statement["Resource"]):
            text = resource if isinstance(resource, str) else json.dumps(resource)
            if resource == "*":
                assert set(as_list(statement["Action"])) <= WITHOUT_RESOURCES, id
            elif "*" in text:
                last = resource["Fn::Join"][1][-1] if isinstance(resource, dict) else text
                assert str(last).endswith(BELOW), (id, text)


@pytest.mark.parametrize("part", [one for one in PARTS if one.kind == "worker"], ids=lambda one: one.name)
def test_a_worker_receives_from_its_own_queues_alone(documents: Documents, part: Part) -> None:
    received = [
        json.dumps(arn)
        for one in statements(documents, part.name)
        if "sqs:ReceiveMessage" in as_list(one["Action"])
        for arn in as_list(one["Resource"])
    ]
    assert len(received) == len(part.queues)
    assert all(any(f"GetAtt{name.title()}" in arn for arn in received) for name in part.queues)
    if not part.queues:
        assert not {action for action in actions(documents, part.name) if action.startswith("sqs:")}


def test_only_the_relay_sends_to_the_queues_and_receives_from_none(documents: Documents) -> None:
    relay = {action for action in actions(documents, "relay") if action.startswith("sqs:")}
    assert relay == {"sqs:GetQueueUrl", "sqs:SendMessage", "sqs:GetQueueAttributes"}
    for part in PARTS:
        if part.kind == "web":
            assert not {action for action in actions(documents, part.name) if action.startswith("sqs:")}


def test_pdfs_are_written_by_one_part_and_read_by_four(documents: Documents) -> None:
    writers = {one.name for one in PARTS if "s3:PutObject" in actions(documents, one.name)}
    readers = {one.name for one in PARTS if "s3:GetObject" in actions(documents, one.name)}
    assert writers == {"tickets-worker"}
    assert readers == {"pages", "tickets", "tickets-worker", "users-worker"}


def test_files_of_a_programme_are_read_by_commands_alone_and_written_by_the_deploy_role(
    documents: Documents,
) -> None:
    def touches_programme(statement: dict[str, Any]) -> bool:
        return any(json.dumps(one).endswith('/programme/*"]]}') for one in as_list(statement["Resource"]))

    readers = {
        part
        for part in (*(one.name for one in PARTS), "commands")
        for one in statements(documents, part)
        if touches_programme(one)
    }
    assert readers == {"commands"}
    read, listed = (
        [one for one in statements(documents, "commands") if action in as_list(one["Action"])]
        for action in ("s3:GetObject", "s3:ListBucket")
    )
    assert [touches_programme(one) for one in read] == [True]
    assert [one["Condition"] for one in listed] == [{"StringLike": {"s3:prefix": "programme/*"}}]
    assert not {"s3:PutObject", "s3:DeleteObject"} & actions(documents, "commands")
    (written,) = [one for _, one in policy_statements(documents["delivery"]) if touches_programme(one)]
    assert as_list(written["Action"]) == ["s3:PutObject"]


def test_only_the_worker_of_users_sends_mail(documents: Documents) -> None:
    senders = {one.name for one in PARTS if "ses:SendEmail" in actions(documents, one.name)}
    assert senders == {"users-worker"}


@pytest.mark.parametrize("part", [one.name for one in PARTS])
def test_a_task_reads_the_secrets_that_it_needs_alone(documents: Documents, part: str) -> None:
    """Its sign-in at the database, the secret key, and where people sign in the secret of the client."""
    found = [
        resource
        for one in statements(documents, part)
        if "secretsmanager:GetSecretValue" in as_list(one["Action"])
        for resource in as_list(one["Resource"])
    ]
    assert len(found) == (3 if part in IDENTITY_CLIENTS else 2)
    assert "SecretKey" in json.dumps(found)
