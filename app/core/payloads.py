"""Stored JSON that the previous and the next version of the code read too: during a roll-out two versions run.

A new field has a default, so that rows of the previous version can be read. A reader ignores the fields that it does
not know, so that rows of the next version can be read. A change that a new field cannot express increases the number of
the form. A row without a number has form 1.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import fields
from typing import Any

FORM = "form"
FIRST_FORM = 1


def known_fields(cls: type[Any], payload: Mapping[str, Any]) -> dict[str, Any]:
    """The entries of a stored `payload` for which the dataclass `cls` has a field."""
    names = {field.name for field in fields(cls)}
    return {name: value for name, value in payload.items() if name in names}


def form_of(payload: Mapping[str, Any]) -> int:
    """The number of the form in which `payload` was written."""
    form = payload.get(FORM, FIRST_FORM)
    return form if isinstance(form, int) else FIRST_FORM
