"""The workflow names what exists, its role may do what it needs alone, and migrations come before the roll-out."""

from __future__ import annotations

import importlib.util
import json
import re
import shlex
import subprocess
from pathlib import Path
from typing import Any, cast

import boto3
import pytest
import yaml
from botocore import xform_name
from botocore.session import Session

from infra.delivery import migrate
from infra.environments import ENVIRONMENTS, PRODUCTION
from tests.infra.resources import of_type, only, policy_statements

ROOT = Path(__file__).resolve().parents[2]
FILES = sorted((ROOT / ".github/workflows").glob("*.yml"))
Documents = dict[str, dict[str, Any]]
SHELL = {
    "set",
    "test",
    "mkdir",
    "tar",
    "docker",
    "npx",
    "registry=",
    "repository=",
    "critical=",
    "container=",
}


def steps() -> list[dict[str, Any]]:
    return [
        step
        for file in FILES
        for job in yaml.safe_load(file.read_text())["jobs"].values()
        for step in job.get("steps", ())
    ]


def lines() -> list[str]:
    """The commands of all steps; a command whose output is kept is one of its own."""
    found = [line.strip() for step in steps() for line in step.get("run", "").splitlines() if line.strip()]
    return [
        part for line in found for part in (*re.findall(r"\$\((.+)\)", line), re.sub(r"=\$\(.*", "=", line))
    ]


def test_every_command_of_the_workflow_exists() -> None:
    targets = []
    for line in lines():
        for command in line.split(" | "):
            words = shlex.split(command)
            name = re.sub(r"^(\w+=).*", r"\1", words[0])
            if name == "make":
                targets.append(words[1])
            elif name == "aws":
                assert_aws_command(words)
            elif name == ".venv/bin/python":
                assert importlib.util.find_spec(words[2]), line
            else:
                assert name in SHELL | {"$CDK"}, line
    done = subprocess.run(["make", "-n", *sorted(set(targets))], cwd=ROOT, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr


def assert_aws_command(words: list[str]) -> None:
    """`ecr get-login-password` is the program's own; all others are operations or waiters of the service."""
    if words[1:3] == ["ecr", "get-login-password"]:
        return
    session = Session()
    session.set_credentials("none", "none")
    client = session.create_client(words[1], region_name="sa-east-1")
    names = {xform_name(one, "-") for one in client.meta.service_model.operation_names}
    known = {one.replace("_", "-") for one in client.waiter_names} if words[2] == "wait" else names
    assert words[3 if words[2] == "wait" else 2] in known, " ".join(words)


def test_every_action_is_pinned_by_its_commit() -> None:
    used = [line for file in FILES for line in file.read_text().splitlines() if "uses:" in line]
    outside = [line for line in used if "uses: ./" not in line]
    assert outside
    assert [line for line in outside if not re.search(r"uses: [\w./-]+@[0-9a-f]{40} # v\d", line)] == []


def test_there_is_no_long_lived_key() -> None:
    text = "".join(file.read_text() for file in FILES)
    assert "secrets." not in text
    assert "role-to-assume" in text


def test_each_environment_of_the_workflow_is_one_of_the_code_and_production_comes_last() -> None:
    jobs = yaml.safe_load((ROOT / ".github/workflows/deploy.yml").read_text())["jobs"]
    called = [job["with"]["environment"] for job in jobs.values() if "uses" in job]
    assert called == ["development", "production"]
    assert set(called) == set(ENVIRONMENTS)
    assert jobs["production"]["needs"] == "development"
    assert jobs["build"]["needs"] == "test"


def test_migrations_and_roles_come_before_the_roll_out() -> None:
    (deploy,) = [file for file in FILES if file.name == "deploy-environment.yml"]
    text = deploy.read_text()
    order = (
        "CDK diff",
        "infra.delivery.migrate",
        "CDK deploy bilheteria-$ENVIRONMENT-data",
        "--keep-rights",
        "CDK deploy --all",
    )
    found = [text.index(one) for one in order]
    assert found == sorted(found)


def test_images_are_scanned_and_never_overwritten(documents: Documents) -> None:
    repository = only(documents["delivery"], "AWS::ECR::Repository")
    assert repository["ImageTagMutability"] == "IMMUTABLE"
    assert repository["ImageScanningConfiguration"] == {"ScanOnPush": True}
    rules = json.loads(repository["LifecyclePolicy"]["LifecyclePolicyText"])["rules"]
    assert {rule["selection"]["tagStatus"] for rule in rules} == {"untagged", "any"}
    images = {
        json.dumps(container["Image"])
        for task in of_type(documents["services"], "AWS::ECS::TaskDefinition").values()
        for container in task["ContainerDefinitions"]
        if container["Name"] == "app"
    }
    assert len(images) == 1
    assert repository["RepositoryName"] in images.pop()


def test_only_our_workflow_in_its_environment_takes_the_role(documents: Documents) -> None:
    (role,) = [
        one
        for one in of_type(documents["delivery"], "AWS::IAM::Role").values()
        if "deploy" in one["RoleName"]
    ]
    (statement,) = role["AssumeRolePolicyDocument"]["Statement"]
    conditions = statement["Condition"]["StringEquals"]
    assert statement["Action"] == "sts:AssumeRoleWithWebIdentity"
    assert conditions["token.actions.githubusercontent.com:sub"] == (
        "repo:cine-lanterna/bilheteria:environment:production"
    )
    assert conditions["token.actions.githubusercontent.com:aud"] == "sts.amazonaws.com"


def test_the_role_of_the_workflow_has_no_wide_rights(documents: Documents) -> None:
    """Signing in at ECR and defining a task have no resources."""
    wide = [one for _, one in policy_statements(documents["delivery"]) if one["Resource"] == "*"]
    actions = {
        action
        for one in wide
        for action in (one["Action"] if isinstance(one["Action"], list) else [one["Action"]])
    }
    assert actions == {
        "ecr:GetAuthorizationToken",
        "ecs:DescribeTaskDefinition",
        "ecs:RegisterTaskDefinition",
    }


def test_the_migration_runs_the_new_image_as_the_task_that_is_there() -> None:
    description = {
        "taskDefinitionArn": "arn:x",
        "revision": 3,
        "family": "bilheteria-production-commands",
        "taskRoleArn": "arn:role",
        "containerDefinitions": [
            {"name": "app", "image": "1.dkr.ecr.sa-east-1.amazonaws.com/bilheteria-production-app:old"},
            {"name": "collector", "image": "collector:v1"},
        ],
    }
    made = migrate.with_image(description, "next", "new")
    assert made["family"] == "next"
    assert "revision" not in made
    assert made["taskRoleArn"] == "arn:role"
    assert [one["image"].rpartition(":")[2] for one in made["containerDefinitions"]] == ["new", "v1"]


class Stacks:
    """A session of AWS that knows the outputs of the templates."""

    def __init__(self, documents: Documents) -> None:
        self._documents = documents

    def client(self, service: str) -> Stacks:
        assert service == "cloudformation"
        return self

    def describe_stacks(self, **asked: str) -> dict[str, Any]:
        outputs = self._documents[asked["StackName"].removeprefix("bilheteria-production-")]["Outputs"]
        return {"Stacks": [{"Outputs": [{"OutputKey": name, "OutputValue": name} for name in outputs]}]}


def test_the_migration_runs_where_the_network_says_and_the_role_may_ask(documents: Documents) -> None:
    session = cast(boto3.Session, Stacks(documents))
    assert migrate.network(PRODUCTION, session) == {
        "subnets": ["CommandsSubnets"],
        "securityGroups": ["CommandsGroup"],
        "assignPublicIp": "DISABLED",
    }
    (statement,) = [
        one for _, one in policy_statements(documents["delivery"]) if one.get("Sid") == "ReadOutputs"
    ]
    assert "stack/bilheteria-production-network/*" in json.dumps(statement["Resource"])


@pytest.mark.parametrize("code", [1, None])
def test_a_failed_migration_ends_the_roll_out(code: int | None) -> None:
    migrate.check({"containers": [{"name": "app", "exitCode": 0}]}, "/log")
    with pytest.raises(migrate.Failed, match="/log"):
        migrate.check({"containers": [{"name": "app", "exitCode": code}]}, "/log")
