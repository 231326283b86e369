"""Facts that are stored as JSON and read again later, by the version before this one or the one after it.

During a roll-out both run side by side. A field that is added has a default, so that older rows are read. A reader
takes the fields that it knows and ignores the rest, so that newer rows are read. A change that no such field can
express raises the number of the form. A row without a number is of form 1.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import fields
from typing import Any

FORM = "form"
FIRST_FORM = 1


def known_fields(cls: type[Any], payload: Mapping[str, Any]) -> dict[str, Any]:
    """Those entries of a stored `payload` that the dataclass `cls` has a field for."""
    names = {field.name for field in fields(cls)}
    return {name: value for name, value in payload.items() if name in names}


def form_of(payload: Mapping[str, Any]) -> int:
    """The number of the form in which a payload was written."""
    form = payload.get(FORM, FIRST_FORM)
    return form if isinstance(form, int) else FIRST_FORM
