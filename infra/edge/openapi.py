"""Our OpenAPI 3.1 document as one that API Gateway imports: 3.0, with its subset of JSON Schema.

The gateway refuses early what the application would refuse too, and must never refuse what the application accepts. So
what the gateway does not know, or reads in another way, is left out: null beside a type, formats, lengths of lists.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from flask import Flask

from app.api.document import BEARER, JSON, PREFIX, as_dict
from app.core.config import PAGES, Settings
from app.web.service_routes import service_of

METHODS = ("get", "put", "post", "patch", "delete")
# What API Gateway understands of a schema (draft 4, without what its developer guide lists as not supported).
_KNOWN = (
    "enum",
    "minLength",
    "maxLength",
    "minimum",
    "maximum",
    "pattern",
    "required",
    "additionalProperties",
)
_SCHEMAS = "#/components/schemas/"


def document() -> dict[str, Any]:
    """The document of the application."""
    with application().app_context():
        return as_dict()


def application() -> Flask:
    """The whole application, to read its addresses: without a database and a secret key."""
    from app import create_app

    return create_app(Settings().changed(database={"url": None}, web={"secret_key": "of no process"}))


def operations(found: Mapping[str, Any]) -> Iterator[tuple[str, str, dict[str, Any]]]:
    """Path, method and operation of each operation that a service other than the pages serves."""
    for path, item in found["paths"].items():
        shared = item.get("parameters", [])
        for method in METHODS:
            if method in item:
                if service_of(path) == PAGES or not path.startswith(f"{PREFIX}/"):
                    raise ValueError(f"{path} is no address of a service")
                operation = item[method]
                yield path, method, {**operation, "parameters": [*shared, *operation.get("parameters", [])]}


def grants(operation: Mapping[str, Any]) -> tuple[frozenset[str], bool]:
    """Who may call an operation: roles, scopes and kinds of devices; and whether it needs no token."""
    security = operation.get("security") or [{}]
    named = frozenset(name for one in security for name in one.get(BEARER, ()))
    return named, any(BEARER not in one for one in security)


def parameters(operation: Mapping[str, Any]) -> list[dict[str, Any]]:
    """The parameters. Their types stay out: the gateway checks only that required ones are there."""
    return [
        {
            "name": one["name"],
            "in": one["in"],
            "required": bool(one.get("required")),
            "schema": {"type": "string"},
        }
        for one in operation["parameters"]
    ]


def request_schema(operation: Mapping[str, Any]) -> str | None:
    """The name of the schema of an operation's body; None without a body."""
    content = operation.get("requestBody", {}).get("content", {})
    return str(content[JSON]["schema"]["$ref"]).removeprefix(_SCHEMAS) if content else None


def schemas(found: Mapping[str, Any], names: set[str]) -> dict[str, Any]:
    """The schemas of these names, and those that they refer to."""
    wanted, done = sorted(names), dict[str, Any]()
    while wanted:
        name = wanted.pop()
        if name not in done:
            done[name] = schema(found["components"]["schemas"][name])
            wanted.extend(_references(done[name]))
    return dict(sorted(done.items()))


def schema(given: Mapping[str, Any]) -> dict[str, Any]:
    """A schema of draft 2020-12 as the gateway reads it: the same or more fits."""
    if "$ref" in given:
        return {"$ref": given["$ref"]}
    if "anyOf" in given or "oneOf" in given or "allOf" in given or "const" in given:
        return {}
    kind = given.get("type")
    if not isinstance(kind, str):  # null fits too: API Gateway knows no `nullable`, so that all fits
        return {}
    found: dict[str, Any] = {"type": kind}
    found |= {name: given[name] for name in _KNOWN if name in given}
    if "properties" in given:
        found["properties"] = {name: schema(one) for name, one in given["properties"].items()}
    if "items" in given:
        found["items"] = schema(given["items"])
    return found


def _references(given: object) -> Iterator[str]:
    if isinstance(given, dict):
        if "$ref" in given:
            yield given["$ref"].removeprefix(_SCHEMAS)
        for one in given.values():
            yield from _references(one)
