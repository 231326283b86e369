"""What is only shown may be a second old: between two visitors in one second nothing has changed that matters."""

from __future__ import annotations

import time
from collections.abc import Callable, Hashable
from typing import Any, TypeVar

from flask import current_app

T = TypeVar("T")
SECONDS = 1.0
_MOST = 200  # whole pages among them
_kept: dict[Hashable, tuple[float, Any]] = {}


def lately(key: Hashable, make: Callable[[], T]) -> T:
    """What `make` gave within the last second for `key`, or gives now. Never for what a decision rests on."""
    if current_app.testing:
        return make()
    kept = _kept.get(key)
    if kept is not None and kept[0] > time.monotonic():
        return kept[1]
    if len(_kept) > _MOST:
        _kept.clear()
    value = make()
    _kept[key] = (time.monotonic() + SECONDS, value)
    return value
