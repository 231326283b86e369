"""What event-service remembers of the programme, and the database's clock.

Whoever writes the programme raises its version in the same transaction (`programme_changes`). A process asks for the
version every two seconds at most; while it stands, nothing that was read before is read again.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Hashable
from dataclasses import dataclass
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


@dataclass(frozen=True, slots=True)
class Reading:
    """What one look at the database has found; `read_at` is the machine's steady clock."""

    engine: Engine
    read_at: float
    moment: datetime
    version: int


class Watch:
    """The programme's version and the database's time, read together; the machine's steady clock carries time on.

    Threads look at the same time: all that was read is one object, taken once and replaced at once.
    """

    def __init__(self) -> None:
        self._reading: Reading | None = None

    @property
    def version(self) -> int | None:
        reading = self._reading
        return reading.version if reading is not None else None

    def look(self) -> Reading:
        """Ask the database if the last answer is old; everything is forgotten when the version has changed."""
        engine = db.engine()
        known = self._reading
        if known is not None and known.engine is not engine:
            known = None
        if known is not None and time.monotonic() - known.read_at < VERSION_SECONDS:
            return known
        read_at = time.monotonic()
        row = db.session().execute(_LOOK).one()
        if known is None or row.version != known.version:
            forget_all()
        found = Reading(engine, read_at, row.now, row.version)
        self._reading = found
        return found

    def now(self) -> datetime:
        reading = self.look()
        return reading.moment + timedelta(seconds=time.monotonic() - reading.read_at)

    def forget(self) -> None:
        self._reading = None


_watch = Watch()


class Kept(Generic[K, V]):
    """Values of the programme by key, kept while its version stands and this process turns to no other database.

    What is read again and has not changed stays the same object: others keep what they work out of it by its identity.
    """

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
        if kept is not None and kept[1] == value:
            value = kept[1]
        if version is not None and version == _watch.version:
            if len(self._values) >= _MOST:
                self._values = {}
            self._values[key] = (time.monotonic() + LONGEST_SECONDS, value)
        return value

    def clear(self) -> None:
        """What is kept is read again at its next use."""
        self._values = {key: (0.0, value) for key, (_, value) in list(self._values.items())}


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
