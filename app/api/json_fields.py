"""Fields of JSON bodies that take no value of another type: the text "1" is no number, and 1 is not true."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from marshmallow import fields, validate

MOST = 2**31 - 1  # of a column


class WholeNumber(fields.Integer):
    """An integer from -MOST to `most`, or from `least`."""

    def __init__(self, *, least: int = -MOST, most: int = MOST, **options: Any) -> None:
        super().__init__(strict=True, validate=validate.Range(least, most), **options)

    def _deserialize(
        self, value: Any, attr: str | None, data: Mapping[str, Any] | None, **options: Any
    ) -> int:
        if not isinstance(value, int):
            raise self.make_error("invalid", input=value)
        return super()._deserialize(value, attr, data, **options)


class TrueOrFalse(fields.Boolean):
    """A boolean."""

    def _deserialize(
        self, value: Any, attr: str | None, data: Mapping[str, Any] | None, **options: Any
    ) -> bool:
        if not isinstance(value, bool):
            raise self.make_error("invalid", input=value)
        return value
