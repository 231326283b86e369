"""Questions to templates as plain data, which answer quicker than `aws_cdk.assertions`."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from typing import Any

from infra.environments import HotSale

Document = Mapping[str, Any]
# The sale that the templates of production are made with.
HOT_SALE = HotSale(datetime(2035, 12, 10, 12, tzinfo=UTC), 40)


def of_type(document: Document, kind: str) -> dict[str, dict[str, Any]]:
    """Logical id → properties, of the resources of a type: `AWS::SQS::Queue`."""
    return {id: one.get("Properties", {}) for id, one in document["Resources"].items() if one["Type"] == kind}


def only(document: Document, kind: str) -> dict[str, Any]:
    """The properties of the one resource of a type."""
    found = of_type(document, kind)
    assert len(found) == 1, sorted(found)
    return next(iter(found.values()))


def policy_statements(document: Document) -> Iterator[tuple[str, dict[str, Any]]]:
    """(logical id, statement) of the policies of all roles."""
    for id, properties in of_type(document, "AWS::IAM::Policy").items():
        yield from ((id, one) for one in properties["PolicyDocument"]["Statement"])
    for id, properties in of_type(document, "AWS::IAM::Role").items():
        for policy in properties.get("Policies", ()):
            yield from ((id, one) for one in policy["PolicyDocument"]["Statement"])


def as_list(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [value]


def environment(container: Mapping[str, Any]) -> dict[str, Any]:
    """The variables of a container."""
    return {one["Name"]: one["Value"] for one in container.get("Environment", ())}


def app_containers(document: Document) -> dict[str, dict[str, Any]]:
    """Part → its container definition `app`."""
    found = {}
    for properties in of_type(document, "AWS::ECS::TaskDefinition").values():
        name = properties["Family"].removeprefix("bilheteria-production-")
        found[name] = next(one for one in properties["ContainerDefinitions"] if one["Name"] == "app")
    return found
