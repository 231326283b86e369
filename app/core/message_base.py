"""The base of all messages: how they are written as JSON, and read in the forms of other versions."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any, ClassVar, Self

from app.core.payloads import FIRST_FORM, FORM, form_of, known_fields


@dataclass(frozen=True)
class Message:
    """Base of all messages. `consumers` are the names of services, or of their further queues."""

    consumers: ClassVar[tuple[str, ...]] = ()
    # Increase it when a worker of the previous version must not handle the message; see `core.payloads`.
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
