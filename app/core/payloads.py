"""Stored JSON that the previous and the next version of the code read too: during a roll-out two versions run.

A new field has a default, so that rows of the previous version can be read. A reader ignores the fields that it does
not know, so that rows of the next version can be read. A change that a new field cannot express increases the number of
the form. A row without a number has form 1.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields
from typing import Any, ClassVar, Self

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


@dataclass(frozen=True)
class Message:
    """Base of all messages. `consumers` are the names of services, or of their further queues."""

    consumers: ClassVar[tuple[str, ...]] = ()
    # Increase it when a worker of the previous version must not handle the message; see the module.
    form: ClassVar[int] = FIRST_FORM

    def payload(self) -> dict[str, Any]:
        """The fields as JSON values, and the number of the form."""
        return asdict(self) | {FORM: self.form}

    @classmethod
    def of(cls, payload: Mapping[str, Any]) -> Self:
        """The message in a payload, which an older or a newer version may have written; unknown fields are ignored.

        Raises TypeError for a newer form, which only a worker of that version handles, and for a missing field.
        """
        form = form_of(payload)
        if form > cls.form:
            raise TypeError(f"{cls.__name__} of form {form}, newer than {cls.form}")
        return cls(**known_fields(cls, payload if form == cls.form else cls.upgraded(payload)))

    @classmethod
    def upgraded(cls, payload: Mapping[str, Any]) -> Mapping[str, Any]:
        """The payload of an earlier form, converted to the current one."""
        return payload
