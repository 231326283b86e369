"""The cache of a process: named, bounded stores of values that may be a little old.

An entry is valid for a time (`seconds`), until the version changes (`version`), or until it is expired or cleared. When
many callers miss the same key at once, one of them loads it and the others wait for its value (single flight).

Money, states and holds are never read from a cache: code that decides asks the database. A comment beside each cache
says why old data does no harm there; docs/decisions/21-caches.md lists them all. Values that depend on nothing but the
arguments of a function (a compiled template, a drawn QR code) are memoized by functools instead.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Hashable
from dataclasses import dataclass, field
from typing import Any, Generic, TypeVar
from weakref import WeakSet

from cachetools import LRUCache

from app.core import db

K = TypeVar("K", bound=Hashable)
V = TypeVar("V")

WAIT_SECONDS = 5.0  # for another caller's load; after that the waiting caller loads the value itself
_all: WeakSet[Cache[Any, Any]] = WeakSet()


@dataclass(frozen=True, slots=True)
class _Entry(Generic[V]):
    value: V
    version: Hashable
    expires_at: float  # by time.monotonic()


@dataclass(slots=True, eq=False)
class _Flight(Generic[V]):
    """A load in progress. `entry` is its result; None until it has ended, and after a failure."""

    version: Hashable
    entry: _Entry[V] | None = None
    done: threading.Event = field(default_factory=threading.Event)


class Cache(Generic[K, V]):
    """A bounded store of values by key: beyond `most` of them the least recently used one is dropped.

    `seconds`   how old a value may get, counted from the beginning of its load; None: any age
    `version`   returns the current version; a value that was loaded under another one is loaded again
    `bypass`    while it returns True, the caller neither reads nor writes the cache

    A reload that gives an equal value keeps the old object, so that caches keyed by it still find it. Thread-safe, also
    under gevent.
    """

    def __init__(
        self,
        name: str,
        *,
        most: int,
        seconds: float | None = None,
        version: Callable[[], Hashable] | None = None,
        bypass: Callable[[], bool] | None = None,
    ) -> None:
        self.name = name
        self.seconds = seconds
        self._version = version
        self._bypass = bypass
        self._entries: LRUCache[K, _Entry[V]] = LRUCache(most)
        self._flights: dict[K, _Flight[V]] = {}
        self._lock = threading.Lock()
        _all.add(self)

    def __len__(self) -> int:
        return len(self._entries)

    def get(self, key: K, load: Callable[[], V]) -> V:
        """The cached value of `key`, else the result of `load`, which is stored. An error of `load` is not stored."""
        if self._bypass is not None and self._bypass():
            return load()
        version = self._version() if self._version is not None else None
        with self._lock:
            entry = self._entries.get(key)
            if entry is not None and entry.version == version and time.monotonic() < entry.expires_at:
                return entry.value
            flight = self._flights.get(key)
            if is_first := flight is None or flight.version != version:
                flight = self._flights[key] = _Flight(version)
        if is_first:
            return self._load(key, flight, entry, load)
        return self._wait(flight, load)

    def _load(self, key: K, flight: _Flight[V], old: _Entry[V] | None, load: Callable[[], V]) -> V:
        expires_at = self._expiry()
        try:
            value = load()
            if old is not None and old.value == value:
                value = old.value
            flight.entry = _Entry(value, flight.version, expires_at)
            return value
        finally:
            with self._lock:
                # `expire`, `put` and `clear` end this flight: its value may be older than the change.
                if self._flights.get(key) is flight:
                    del self._flights[key]
                    if flight.entry is not None:
                        self._entries[key] = flight.entry
            flight.done.set()

    def _wait(self, flight: _Flight[V], load: Callable[[], V]) -> V:
        # Never wait inside a transaction: it keeps a connection and locks, and the load may need one of them.
        if not db.in_transaction():
            db.release_connection()
            flight.done.wait(WAIT_SECONDS)
        return flight.entry.value if flight.entry is not None else load()

    def _expiry(self) -> float:
        return float("inf") if self.seconds is None else time.monotonic() + self.seconds

    def peek(self, key: K) -> V | None:
        """The last loaded value of `key`, however old; None without one."""
        with self._lock:
            entry = self._entries.get(key)
        return entry.value if entry is not None else None

    def put(self, key: K, value: V) -> None:
        """Store a value that the caller has just read; for a cache without a version."""
        with self._lock:
            self._flights.pop(key, None)
            self._entries[key] = _Entry(value, None, self._expiry())

    def expire(self, key: K) -> None:
        """Make the next `get` load the value of `key` again; the result of a load in progress is not stored."""
        with self._lock:
            self._flights.pop(key, None)
            entry = self._entries.get(key)
            if entry is not None:
                self._entries[key] = _Entry(entry.value, entry.version, float("-inf"))

    def clear(self) -> None:
        """Drop every value; the results of loads in progress are not stored."""
        with self._lock:
            self._flights.clear()
            self._entries.clear()


def clear_all() -> None:
    """Clear every cache of this process; called after a fork, after connecting to a database, and by tests."""
    for cache in list(_all):
        cache.clear()


db.when_connected(clear_all)


def names() -> list[str]:
    """The names of all caches of this process."""
    return sorted(cache.name for cache in _all)
