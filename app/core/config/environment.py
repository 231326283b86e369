"""Environment variables as a source of settings, and the error lines for wrong ones."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator
from contextlib import suppress
from functools import cache
from pathlib import Path
from typing import get_args

from annotated_types import Ge, Le
from pydantic import BaseModel
from pydantic.fields import FieldInfo
from pydantic_core import ErrorDetails

OURS = "BILHETERIA_"
# core.failpoints reads it before the settings are read.
READ_ELSEWHERE = frozenset({"BILHETERIA_FAILPOINT"})
# The values of variables that have a secret in a store (`secret_store`), as they were read last.
stored: dict[str, str] = {}


def values(settings: type[BaseModel]) -> dict[str, dict[str, str]]:
    """Each group's variables by their exact names. An empty variable counts as not set."""
    return {name: found for name, field in settings.model_fields.items() if (found := group_values(field))}


def group_values(group: FieldInfo) -> dict[str, str]:
    """The variables of a group that are set."""
    found = {}
    for name, field in fields(group).items():
        with suppress(ValueError):  # `file_mistakes` reports it
            if text := stored.get(name) or os.environ.get(name, "").strip() or _from_file(name, field):
                found[name] = text
    return found


def fields(group: FieldInfo) -> dict[str, FieldInfo]:
    """The fields of a group that the environment sets, by the names of their variables."""
    assert group.annotation is not None
    all_fields: dict[str, FieldInfo] = group.annotation.model_fields
    return {str(one.validation_alias): one for one in all_fields.values() if one.validation_alias}


@cache
def variables(settings: type[BaseModel]) -> dict[str, FieldInfo]:
    """All fields that the environment sets, by the names of their variables."""
    return {name: field for group in settings.model_fields.values() for name, field in fields(group).items()}


def is_secret(field: FieldInfo) -> bool:
    """Whether NAME_FILE may name a file, and NAME_SECRET a secret in a store, that contains the value."""
    return bool(field.json_schema_extra)


def _from_file(name: str, field: FieldInfo) -> str:
    """The content of the file that NAME_FILE names; "" without one. Raises ValueError if it cannot be used."""
    path = os.environ.get(f"{name}_FILE", "").strip()
    if not path or not is_secret(field):
        return ""
    if os.environ.get(name, "").strip():
        raise ValueError(f"set {name} or {name}_FILE, not both")
    try:
        text = Path(path).read_text().strip()
    except (OSError, UnicodeDecodeError) as error:
        reason = error.strerror if isinstance(error, OSError) else "it is no text"
        raise ValueError(f"{name}_FILE: {path} cannot be read ({reason})") from None
    if not text:
        raise ValueError(f"{name}_FILE: {path} is empty")
    return text


def file_mistakes(settings: type[BaseModel]) -> Iterator[str]:
    """A line for each NAME_FILE that cannot be used."""
    for name, field in variables(settings).items():
        try:
            _from_file(name, field)
        except ValueError as error:
            yield str(error)


def names(settings: type[BaseModel]) -> set[str]:
    """Every name that the environment may hold, `NAME_FILE` and `NAME_SECRET` too."""
    secret = [name for name, field in variables(settings).items() if is_secret(field)]
    elsewhere = {f"{name}{suffix}" for name in secret for suffix in ("_FILE", "_SECRET")}
    return {*variables(settings), *elsewhere, *READ_ELSEWHERE}


def unknown_names(settings: type[BaseModel]) -> Iterator[str]:
    """A line for each variable that looks like a setting and is none: it may be a typing mistake."""
    known = names(settings)
    for name in sorted(os.environ):
        if name.startswith(OURS) and name not in known:
            from difflib import get_close_matches

            near = get_close_matches(name, known, n=1, cutoff=0.0)
            yield f"{name} is no setting; the nearest name is {near[0]}"


def lines(errors: Iterable[ErrorDetails], settings: type[BaseModel]) -> Iterator[str]:
    """A line for each variable that is wrong. A secret is not repeated."""
    for error in errors:
        if error["type"] != "default_factory_not_called":  # the field that it depends on has its own line
            yield _line(error, str(error["loc"][1]), settings)


def _line(error: ErrorDetails, name: str, settings: type[BaseModel]) -> str:
    if error["type"] == "value_error":
        return f"{name}: {error['ctx']['error']}"
    field, given = variables(settings)[name], error["input"]
    if error["type"] == "literal_error":
        return f"{name} must be one of {', '.join(get_args(field.annotation))}, not {given!r}"
    if field.annotation is bool:
        return f"{name} must be 1 or 0, not {given!r}"
    least = next(one.ge for one in field.metadata if isinstance(one, Ge))
    most = next(one.le for one in field.metadata if isinstance(one, Le))
    return f"{name} must be a whole number from {least} to {most}, not {given!r}"
