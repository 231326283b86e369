"""Deploys to the stand-in for AWS what it takes of our templates: queues, buckets, secrets and the user pool.

It shows that what the templates make fits together and has the names that tasks look for. It does not show that AWS
accepts them.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Set
from contextlib import suppress
from pathlib import Path
from typing import Any

from tools.build.steps import SetupError
from tools.services.plan import CREDENTIALS, REGION

Document = dict[str, Any]
# The stacks that have something for the stand-in.
STACKS = ("messaging", "data", "identity")
_NO_ENGINE = "The stand-in runs databases in containers of Docker. Processes here use the embedded one."
_NO_ROTATION = (
    "The rotation is an application of AWS, which changes passwords in the database that is left out."
)
# The types that are not deployed, each with the reason.
LEFT_OUT = {
    "AWS::Cognito::ManagedLoginBranding": "The stand-in does not know the look of the hosted pages.",
    "AWS::RDS::DBInstance": _NO_ENGINE,
    "AWS::RDS::DBProxy": _NO_ENGINE,
    "AWS::RDS::DBProxyTargetGroup": _NO_ENGINE,
    "AWS::RDS::DBSubnetGroup": "The network is not deployed.",
    "AWS::Route53::RecordSet": "The stand-in knows no tokens of DKIM, which these records hold.",
    "AWS::S3::BucketPolicy": "It refuses requests without TLS, and the stand-in has none.",
    "AWS::SES::ConfigurationSetEventDestination": "The stand-in sends no events about mails.",
    "AWS::SecretsManager::ResourcePolicy": _NO_ROTATION,
    "AWS::SecretsManager::RotationSchedule": _NO_ROTATION,
    "AWS::Serverless::Application": _NO_ROTATION,
}
# Attributes that the stand-in does not know: outputs with them are left out.
_UNKNOWN_ATTRIBUTES = frozenset({"ProviderURL"})
# What a template gets in place of an attribute of a resource that is left out.
ABSENT = "left-out.example"
# The settings of tasks that name what is deployed, and of those the ones that take the address of a server.
_WITH_ENDPOINT = ("BILHETERIA_QUEUE", "BILHETERIA_SECRETS", "BILHETERIA_STORAGE")
_NAMES = (*_WITH_ENDPOINT, "SECRET_KEY_SECRET")
_SECONDS, _INTERVAL = 60.0, 0.2


def read_templates(folder: Path, prefix: str) -> dict[str, Document]:
    """Stack (`network`, `data`, …) → its template, of the environment whose names begin with `prefix`."""
    found = sorted(folder.glob(f"{prefix}-*.template.json"))
    return {
        one.name.removeprefix(f"{prefix}-").partition(".")[0]: json.loads(one.read_text()) for one in found
    }


def deployable(template: Document) -> dict[str, Any]:
    """A template without the types of LEFT_OUT, and without outputs that refer to them."""
    kept = {id: one for id, one in template["Resources"].items() if one["Type"] not in LEFT_OUT}
    gone = template["Resources"].keys() - kept.keys()
    outputs = {
        id: one
        for id, one in template.get("Outputs", {}).items()
        if _without(one, gone) == one and not _UNKNOWN_ATTRIBUTES & {*one["Value"].get("Fn::GetAtt", ())}
    }
    return {"Resources": {id: _without(one, gone) for id, one in kept.items()}, "Outputs": outputs}


def _without(given: Any, gone: Set[str]) -> Any:
    """A part of a template in which references to resources that are gone are ABSENT."""
    if isinstance(given, list):
        return [_without(one, gone) for one in given]
    if not isinstance(given, dict):
        return given
    if given.get("Ref") in gone or given.get("Fn::GetAtt", [""])[0] in gone:
        return ABSENT
    found = {name: _without(one, gone) for name, one in given.items()}
    if isinstance(first := found.get("DependsOn"), list):
        found["DependsOn"] = [id for id in first if id not in gone]
    return found


class Deployment:
    """The stacks at the stand-in at `endpoint`, from `deploy` on."""

    def __init__(self, endpoint: str) -> None:
        self.endpoint = endpoint
        self._formation = self.client("cloudformation")

    def client(self, service: str) -> Any:
        """A client of a service of the stand-in."""
        import boto3

        make: Any = boto3.session.Session(
            CREDENTIALS["AWS_ACCESS_KEY_ID"], CREDENTIALS["AWS_SECRET_ACCESS_KEY"]
        ).client
        return make(service, endpoint_url=self.endpoint, region_name=REGION)

    def deploy(self, stack: str, template: Document) -> None:
        """Deploy what the stand-in takes of a template. Raises SetupError with the reasons of CloudFormation."""
        from botocore.exceptions import WaiterError

        body = json.dumps(deployable(template))
        self._formation.create_stack(StackName=stack, TemplateBody=body, Capabilities=["CAPABILITY_IAM"])
        limits = {"Delay": _INTERVAL, "MaxAttempts": int(_SECONDS / _INTERVAL)}
        try:
            self._formation.get_waiter("stack_create_complete").wait(StackName=stack, WaiterConfig=limits)
        except WaiterError:
            events = self._formation.describe_stack_events(StackName=stack)["StackEvents"]
            reasons = [text for one in events if (text := one.get("ResourceStatusReason"))]
            raise SetupError(f"the stand-in refuses the stack {stack}: {'; '.join(reasons)}") from None

    def exports(self) -> dict[str, str]:
        """Name → value of what the stacks export for others."""
        pages = self._formation.get_paginator("list_exports").paginate()
        return {one["Name"]: one["Value"] for page in pages for one in page["Exports"]}


def task_settings(services: Document, exports: Mapping[str, str], endpoint: str) -> dict[str, dict[str, str]]:
    """Part → the settings by which its task finds what is deployed, with the exported names, for the stand-in.

    `services`: the template of the tasks. A value that refers to something that is not exported is ABSENT.
    """
    found = {}
    for one in services["Resources"].values():
        if one["Type"] != "AWS::ECS::TaskDefinition":
            continue
        part = one["Properties"]["Family"].split("-", 2)[2]  # bilheteria-production-PART
        (container,) = (c for c in one["Properties"]["ContainerDefinitions"] if c["Name"] == "app")
        values = {v["Name"]: _text(v["Value"], exports) for v in container["Environment"]}
        found[part] = {name: values[name] for name in (*_NAMES, "DATABASE_URL_SECRET")}
        for name in _WITH_ENDPOINT:
            found[part][name] += f"&endpoint={endpoint}"
    return found


def _text(given: Any, exports: Mapping[str, str]) -> str:
    """The text that CloudFormation makes of a value of a template."""
    forms: dict[str, Callable[[Any], str]] = {
        "Fn::ImportValue": lambda name: exports.get(name, ABSENT),
        "Fn::Join": lambda value: str(value[0]).join(_text(one, exports) for one in value[1]),
    }
    if isinstance(given, dict):
        ((form, value),) = given.items()
        with suppress(KeyError):
            return forms[form](value)
        return ABSENT
    return str(given)
