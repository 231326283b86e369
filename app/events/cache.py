"""What event-service remembers of the programme, and the database's clock.

Whoever writes the programme raises its version in the same transaction (`programme_changes`). A process asks for the
version every two seconds at most; while it stands, nothing that was read before is read again.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Hashable
from datetime import datetime, timedelta
from typing import Any, Generic, TypeVar
from weakref import WeakSet

from sqlalchemy import Engine, text

from app.core import db

K = TypeVar("K", bound=Hashable)
V = TypeVar("V")

VERSION_SECONDS = 2.0
LONGEST_SECONDS = 60.0  # what somebody writes by hand, past the version, is seen after that
_MOST = 10_000
_CHANGED = "programme_changed"
_all: WeakSet[Kept[Any, Any]] = WeakSet()

_LOOK = text("select version, clock_timestamp() as now from events.programme_version")
_RAISE = text("update events.programme_version set version = version + 1")


class Watch:
    """The programme's version and the database's time, read together; the machine's steady clock carries time on."""

    def __init__(self) -> None:
        self._engine: Engine | None = None
        self._read_at = 0.0
        self._moment: datetime | None = None
        self.version: int | None = None

    def look(self) -> None:
        """Ask the database if the last answer is old; everything is forgotten when the version has changed."""
        engine = db.engine()
        if engine is self._engine and self._moment and time.monotonic() - self._read_at < VERSION_SECONDS:
            return
        read_at = time.monotonic()
        row = db.session().execute(_LOOK).one()
        if engine is not self._engine or row.version != self.version:
            forget_all()
        self._engine, self.version = engine, row.version
        self._read_at, self._moment = read_at, row.now

    def now(self) -> datetime:
        self.look()
        assert self._moment is not None
        return self._moment + timedelta(seconds=time.monotonic() - self._read_at)

    def forget(self) -> None:
        self._moment, self.version = None, None


_watch = Watch()


class Kept(Generic[K, V]):
    """Values of the programme by key, kept while its version stands and this process turns to no other database."""

    def __init__(self) -> None:
        self._values: dict[K, tuple[float, V]] = {}
        _all.add(self)

    def get(self, key: K, load: Callable[[], V]) -> V:
        """The value kept for `key`, or what `load` gives now. What `load` raises is not kept."""
        if db.session().info.get(_CHANGED):
            # What this very transaction has changed may be rolled back: nobody else may see it yet.
            return load()
        _watch.look()
        kept = self._values.get(key)
        if kept is not None and kept[0] > time.monotonic():
            return kept[1]
        version = _watch.version
        value = load()
        if version is not None and version == _watch.version:
            if len(self._values) >= _MOST:
                self._values.clear()
            self._values[key] = (time.monotonic() + LONGEST_SECONDS, value)
        return value

    def clear(self) -> None:
        self._values.clear()


def now() -> datetime:
    """The database's time, asked for every two seconds at most."""
    return _watch.now()


def programme_changes() -> None:
    """To be called before the first write to the programme: every process sees the change two seconds after the commit.

    Until then the transaction reads past what is kept. Who changes the programme waits here for another who does.
    """
    session = db.session()
    session.execute(_RAISE)
    if not session.info.get(_CHANGED):
        session.info[_CHANGED] = True
        db.after_commit(forget_all)


def forget_all() -> None:
    _watch.forget()
    for kept in list(_all):
        kept.clear()
