"""The cache of a process: named, bounded stores of values that may be a little old.

An entry is good for a time (`seconds`), for as long as a version stands (`version`), or until it is forgotten. When
many callers miss the same key at once, one of them loads it and the others wait for its value (single flight).

Money, states and holds are never read from a cache: whatever decides asks the database. Each cache says beside its
definition why old data does no harm there; docs/decisions/21-caches.md lists them all. Values that depend on nothing
but the arguments of a function (a compiled template, a drawn QR code) are memoized by functools instead.
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

WAIT_SECONDS = 5.0  # for the caller that loads the value; then a waiting caller loads it itself
_all: WeakSet[Cache[Any, Any]] = WeakSet()


@dataclass(frozen=True, slots=True)
class _Entry(Generic[V]):
    value: V
    version: Hashable
    expires_at: float  # by time.monotonic()


@dataclass(slots=True, eq=False)
class _Flight(Generic[V]):
    """A load in progress, and the entry that it made; None also when the load has failed."""

    version: Hashable
    entry: _Entry[V] | None = None
    done: threading.Event = field(default_factory=threading.Event)


class Cache(Generic[K, V]):
    """Values by key, at most `most` of them: the least recently used one makes place for the next.

    `seconds`   how old a value may get, counted from the beginning of its load; None: any age
    `version`   a value that was loaded under another version than the current one is loaded again
    `bypass`    while it is true for a caller, that caller neither reads nor writes the cache

    A value that is loaded again and is equal stays the same object, so that lookups by it stay cheap. Safe for threads
    and for gevent's greenlets.
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
        """The value of `key`, or what `load` returns now. What `load` raises is not kept."""
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
                # After `forget` this flight is no longer the key's: what it has loaded may be from before the change.
                if self._flights.get(key) is flight:
                    del self._flights[key]
                    if flight.entry is not None:
                        self._entries[key] = flight.entry
            flight.done.set()

    def _wait(self, flight: _Flight[V], load: Callable[[], V]) -> V:
        # A transaction keeps its connection and its locks, and the load may need one of them: never wait with them.
        if not db.in_transaction():
            db.release_connection()
            flight.done.wait(WAIT_SECONDS)
        return flight.entry.value if flight.entry is not None else load()

    def _expiry(self) -> float:
        return float("inf") if self.seconds is None else time.monotonic() + self.seconds

    def peek(self, key: K) -> V | None:
        """The value of `key` as it was loaded last, however old; None where there is none."""
        with self._lock:
            entry = self._entries.get(key)
        return entry.value if entry is not None else None

    def put(self, key: K, value: V) -> None:
        """Keep a value that the caller has just read; for a cache without a version."""
        with self._lock:
            self._flights.pop(key, None)
            self._entries[key] = _Entry(value, None, self._expiry())

    def expire(self, key: K) -> None:
        """Load the value of `key` again at its next use: what is being loaded now is not kept."""
        with self._lock:
            self._flights.pop(key, None)
            entry = self._entries.get(key)
            if entry is not None:
                self._entries[key] = _Entry(entry.value, entry.version, float("-inf"))

    def clear(self) -> None:
        """Forget every value; what is being loaded now is not kept."""
        with self._lock:
            self._flights.clear()
            self._entries.clear()


def clear_all() -> None:
    """Clear every cache of this process: for a process that was just forked, and for tests."""
    for cache in list(_all):
        cache.clear()


db.when_connected(clear_all)


def names() -> list[str]:
    """The names of all caches of this process."""
    return sorted(cache.name for cache in _all)
