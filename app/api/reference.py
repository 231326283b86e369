"""The OpenAPI document arranged for a page: operations by resource, with their arguments and the fields of answers."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

Document = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Line:
    """An argument or a field. `name` has a dot for a field of an inner object, `[]` for the items of a list."""

    name: str
    type: str
    about: str
    required: bool = False


@dataclass(frozen=True, slots=True)
class Operation:
    """An operation. `callers` are the grants of which one is needed, and `guests`; none if everybody may call it.

    `example` is a body, as JSON; empty if the operation has none.
    """

    method: str
    path: str
    summary: str
    paragraphs: tuple[str, ...]
    callers: tuple[str, ...]
    arguments: tuple[Line, ...]
    body: tuple[Line, ...]
    answer: tuple[Line, ...]
    example: str

    @property
    def anchor(self) -> str:
        parts = [part.strip("{}") for part in self.path.split("/") if part]
        return "-".join([self.method.lower(), *parts])


@dataclass(frozen=True, slots=True)
class Reference:
    """`resources`: name and its operations."""

    title: str
    version: str
    paragraphs: tuple[str, ...]
    resources: tuple[tuple[str, tuple[Operation, ...]], ...]
    problem: tuple[Line, ...]


def reference_of(document: Document) -> Reference:
    """Arrange an OpenAPI document."""
    by_tag: dict[str, list[Operation]] = {}
    for path, item in document.get("paths", {}).items():
        shared = item.get("parameters", [])
        for method in ("get", "post", "put", "patch", "delete"):
            if method in item:
                operation = _operation(document, method, path, item[method], shared)
                by_tag.setdefault(item[method]["tags"][0], []).append(operation)
    problem = document.get("components", {}).get("schemas", {}).get("Problem", {})
    return Reference(
        title=document["info"]["title"],
        version=document["info"]["version"],
        paragraphs=_paragraphs(document["info"].get("description", "")),
        resources=tuple((tag, tuple(found)) for tag, found in sorted(by_tag.items())),
        problem=tuple(_fields(document, problem)),
    )


def _operation(
    document: Document, method: str, path: str, content: Mapping[str, Any], shared: list[Any]
) -> Operation:
    arguments = [_resolved(document, one) for one in [*shared, *content.get("parameters", [])]]
    return Operation(
        method=method.upper(),
        path=path,
        summary=content.get("summary", ""),
        paragraphs=_paragraphs(content.get("description", "")),
        callers=tuple(_callers(content)),
        arguments=tuple(
            Line(
                one["name"],
                _type(document, one.get("schema", {})),
                one.get("description", ""),
                one.get("required", False),
            )
            for one in arguments
        ),
        body=tuple(_fields(document, _schema(_resolved(document, content.get("requestBody", {}))))),
        answer=tuple(_answer(document, content.get("responses", {}))),
        example=_example(_resolved(document, content.get("requestBody", {}))),
    )


def _example(body: Mapping[str, Any]) -> str:
    for media in body.get("content", {}).values():
        if "example" in media:
            return json.dumps(media["example"], indent=2)
    return ""


def _callers(content: Mapping[str, Any]) -> Iterator[str]:
    """The grants of which the operation's caller needs one; `guests` if it needs no token; none if all may call it."""
    for requirement in content.get("security", ()):
        for names in requirement.values():
            yield from names
        if not requirement:
            yield "guests"


def _answer(document: Document, responses: Mapping[str, Any]) -> Iterator[Line]:
    """The fields of the answer of a request that succeeds."""
    for status, response in responses.items():
        if str(status).startswith("2"):
            yield from _fields(document, _schema(_resolved(document, response)))


def _schema(content: Mapping[str, Any]) -> Mapping[str, Any]:
    for media in content.get("content", {}).values():
        found: Mapping[str, Any] = media.get("schema", {})
        return found
    return {}


def _fields(document: Document, schema: Mapping[str, Any], before: str = "") -> Iterator[Line]:
    schema = _resolved(document, schema)
    if schema.get("type") == "array":
        yield from _fields(document, schema.get("items", {}), before)
        return
    for name, field in schema.get("properties", {}).items():
        resolved = _resolved(document, field)
        required = name in schema.get("required", ())
        yield Line(before + name, _type(document, field), field.get("description", ""), required)
        inner = resolved.get("items", {}) if resolved.get("type") == "array" else resolved
        mark = "[]." if resolved.get("type") == "array" else "."
        yield from _fields(document, inner, f"{before}{name}{mark}")


def _type(document: Document, schema: Mapping[str, Any]) -> str:
    if "anyOf" in schema:
        return " or ".join(_type(document, one) for one in schema["anyOf"])
    schema = _resolved(document, schema)
    if "enum" in schema:
        return " | ".join(str(value) for value in schema["enum"])
    found = schema.get("type", "object")
    inner = _type(document, schema["items"]) if "items" in schema else "object"
    names = {"array": f"list of {inner}", "string": schema.get("format", "string")}
    return " or ".join(names.get(name, name) for name in ([found] if isinstance(found, str) else found))


def _resolved(document: Document, content: Mapping[str, Any]) -> Mapping[str, Any]:
    """The content that a `$ref` names; of an object that may be null, the object."""
    if "anyOf" in content:
        return _resolved(document, content["anyOf"][0])
    reference = content.get("$ref")
    if reference is None:
        return content
    found: Any = document
    for part in str(reference).removeprefix("#/").split("/"):
        found = found[part]
    return found


def _paragraphs(text: str) -> tuple[str, ...]:
    return tuple(" ".join(part.split()) for part in text.split("\n\n") if part.strip())
