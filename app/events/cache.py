"""What event-service remembers for a moment: values with an age, and the database's clock."""

from __future__ import annotations

import time
from collections.abc import Callable, Hashable
from datetime import datetime, timedelta
from typing import Any, Generic, TypeVar
from weakref import WeakSet

from sqlalchemy import Engine, func, select

from app.core import db

K = TypeVar("K", bound=Hashable)
V = TypeVar("V")

_MOST = 10_000
_CHANGED = "programme_changed"
_all: WeakSet[Any] = WeakSet()


class Kept(Generic[K, V]):
    """Values by key, each kept for `seconds`; forgotten when the process turns to another database."""

    def __init__(self, seconds: float) -> None:
        self._seconds = seconds
        self._values: dict[K, tuple[float, V]] = {}
        self._engine: Engine | None = None
        _all.add(self)

    def get(self, key: K, load: Callable[[], V]) -> V:
        """The value kept for `key`, or what `load` gives now. What `load` raises is not kept."""
        engine = db.engine()
        if engine is not self._engine:
            self._values.clear()
            self._engine = engine
        kept = None if db.session().info.get(_CHANGED) else self._values.get(key)
        if kept is not None and kept[0] > time.monotonic():
            return kept[1]
        value = load()
        if len(self._values) >= _MOST:
            self._values.clear()
        # What this very transaction has changed may be rolled back: nobody else may see it yet.
        if not db.session().info.get(_CHANGED):
            self._values[key] = (time.monotonic() + self._seconds, value)
        return value

    def forget(self, key: K) -> None:
        self._values.pop(key, None)

    def clear(self) -> None:
        self._values.clear()


class DatabaseClock:
    """The database's time, carried on by the machine's steady clock for a few seconds between two readings."""

    def __init__(self, seconds: float = 5.0) -> None:
        self._seconds = seconds
        self._read: tuple[float, datetime] | None = None
        _all.add(self)

    def set(self, moment: datetime) -> None:
        self._read = (time.monotonic(), moment)

    def now(self) -> datetime:
        read = self._read
        if read is None or time.monotonic() - read[0] > self._seconds:
            moment = db.session().scalar(select(func.clock_timestamp()))
            assert moment is not None
            self.set(moment)
            return moment
        return read[1] + timedelta(seconds=time.monotonic() - read[0])

    def clear(self) -> None:
        self._read = None


def programme_changes() -> None:
    """The current transaction writes the programme: it reads past the cache, and empties it when it commits."""
    forget_all()
    db.session().info[_CHANGED] = True
    db.after_commit(forget_all)


def forget_all() -> None:
    for kept in list(_all):
        kept.clear()
