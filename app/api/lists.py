"""Pages of a list: a cursor names the last item of the page before, so that changes between two pages lose nothing."""

from __future__ import annotations

import base64
import binascii
import json
from collections.abc import Callable, Iterable, Sequence
from itertools import islice
from typing import Any, TypeVar

from marshmallow import Schema, fields, validate

from app.core.errors import Invalid

Item = TypeVar("Item")
MOST, USUAL = 100, 25


class PageArguments(Schema):
    """The arguments of every list."""

    limit = fields.Integer(
        load_default=USUAL,
        validate=validate.Range(1, MOST),
        metadata={"description": "items in the answer, at most"},
    )
    cursor = fields.String(
        load_default="",
        validate=validate.Length(max=200),
        metadata={"description": "`next` of the answer before; without it the list begins"},
    )


def page_of(
    items: Iterable[Item], key: Callable[[Item], Sequence[Any]], *, limit: int, cursor: str
) -> dict[str, Any]:
    """A page of `items`, which are sorted by `key` (JSON values, unique). Raises Invalid `cursor.unknown`."""
    after = position_of(cursor)
    try:
        following = [item for item in items if after is None or list(key(item)) > after]
    except TypeError:  # a cursor of another list
        raise Invalid("cursor.unknown", "cursor") from None
    page = list(islice(following, limit))
    more = len(following) > len(page)
    return {"items": page, "next": cursor_of(key(page[-1])) if more else None}


def cursor_of(key: Sequence[Any]) -> str:
    """The cursor after the item with this key (JSON values)."""
    content = json.dumps(list(key), separators=(",", ":")).encode()
    return base64.urlsafe_b64encode(content).decode().rstrip("=")


def position_of(cursor: str) -> list[Any] | None:
    """The key in a cursor, None at the beginning of the list. Raises Invalid `cursor.unknown`."""
    if not cursor:
        return None
    try:
        content = base64.urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4))
        found = json.loads(content)
    except (ValueError, binascii.Error, RecursionError):
        raise Invalid("cursor.unknown", "cursor") from None
    if not isinstance(found, list):
        raise Invalid("cursor.unknown", "cursor")
    return found
