"""Stream the taken seats of screenings to browsers, with one reader thread and one LISTEN connection a process.

A screening is watched while it has streams. A NOTIFY marks it as stale; the reader reads it again, and all its streams
send the same bytes: a snapshot first, then changes. NOTIFY is a hint: screenings are also read at intervals.
Seats carry the time at which their claims expire, so that pages show them as free without another event.
"""

from __future__ import annotations

import json
import logging
import threading
import time
from collections import Counter
from collections.abc import Generator, Iterable, Mapping
from contextvars import Context
from dataclasses import dataclass, field
from datetime import datetime
from math import ceil

from sqlalchemy import Engine

from app.adapters.postgres_listen import ListenError, listen
from app.core import db
from app.reservations.seat_watches import read, watch

__all__ = ["MOST_STREAMS", "Feed", "TooManyStreams", "as_json", "changes_between", "feed", "read", "stop"]

log = logging.getLogger("bilheteria.live")

CHANNEL = "seats"
HEARTBEAT_SECONDS = 15.0
LONGEST_STREAM_SECONDS = 900.0  # the browser then reconnects, maybe to a newer process
MOST_STREAMS = 2000  # well below the connections of a web process, so that pages can be served beside them
MOST_FROM_ONE_ADDRESS = 400  # one address cannot use all streams, and many people can share one address
READ_SECONDS = 5.0  # between two readings without a NOTIFY
READ_SECONDS_UNNOTIFIED = 1.0  # the same, while there is no LISTEN connection
LEAST_READ_SECONDS = 0.1  # between two readings of a screening, in any case
RENEW_SECONDS = 20.0

States = Mapping[int, datetime | None]


class TooManyStreams(Exception):
    """This process has reached its limit of streams, in all or for one address; the page polls instead."""


@dataclass
class WatchedScreening:
    """The taken seats of a screening as they were last read, and the bytes of its events. `version` 0: not read yet."""

    screening_id: int
    version: int = 0
    streams: int = 0
    left_at: float = 0.0
    read_at: float = 0.0
    stale: bool = True
    states: States = field(default_factory=dict)
    snapshot: bytes = b""
    change: bytes = b""
    changed: threading.Condition = field(default_factory=threading.Condition)

    def due_at(self, interval: float) -> float:
        return self.read_at + (LEAST_READ_SECONDS if self.stale else interval)

    def update(self, states: States, now: datetime) -> None:
        """Store what was read, and wake the streams if it differs."""
        with self.changed:
            if self.version and states == self.states:
                return
            self.change = _event("change", changes_between(self.states, states), now)
            self.snapshot = _event("seats", {"taken": _times(states)}, now)
            self.states = states
            self.version += 1
            self.changed.notify_all()


def changes_between(before: States, after: States) -> dict[str, object]:
    """Return the difference: seats that are taken (or have another expiry) and seats that are free again."""
    taken = {seat: until for seat, until in after.items() if seat not in before or before[seat] != until}
    return {"taken": _times(taken), "free": sorted(before.keys() - after.keys())}


def _times(states: States) -> dict[str, int]:
    """Return seat ids and when their claims expire, in whole seconds since 1970; 0 for sold."""
    return {
        str(seat): 0 if until is None else ceil(until.timestamp()) for seat, until in sorted(states.items())
    }


def as_json(states: States, now: datetime) -> str:
    """Return the snapshot as JSON for pages that poll."""
    return json.dumps({"taken": _times(states), "now": now.timestamp()}, separators=(",", ":"))


def _event(name: str, facts: dict[str, object], now: datetime) -> bytes:
    body = json.dumps(facts | {"now": round(now.timestamp(), 3)}, separators=(",", ":"))
    return f"event: {name}\ndata: {body}\n\n".encode()


class Feed:
    """The watched screenings of one process, their streams, and the two threads that keep them current."""

    def __init__(self, engine: Engine) -> None:
        self.engine = engine
        self._watched: dict[int, WatchedScreening] = {}
        self._lock = threading.Lock()
        self._wake = threading.Event()
        self._stopping = threading.Event()
        self._listening = False
        self._renewed_at = 0.0
        self._streams = 0
        self._streams_of: Counter[str] = Counter()  # by the key of an address
        for work in (self._read_loop, self._listen_loop):
            # The thread gets its own context, so that it does not use the transaction of the request that starts it.
            threading.Thread(target=Context().run, args=(work,), name=work.__name__, daemon=True).start()

    def stop(self) -> None:
        """End the threads and, soon after, every stream."""
        self._stopping.set()
        self._wake.set()
        with self._lock:
            screenings = list(self._watched.values())
        for screening in screenings:
            with screening.changed:
                screening.changed.notify_all()

    def stream(self, screening_id: int, address_key: str = "") -> Generator[bytes, None, None]:
        """Server-sent events of a screening: `seats` (all taken ones), then `change`. Raises TooManyStreams."""
        events = self._run(self._enter(screening_id, address_key), address_key)
        next(events)  # a generator that has not started would not run its `finally` when it is closed
        return events

    def _enter(self, screening_id: int, address_key: str) -> WatchedScreening:
        with self._lock:
            if self._streams >= MOST_STREAMS or self._stopping.is_set():
                raise TooManyStreams
            if self._streams_of[address_key] >= MOST_FROM_ONE_ADDRESS:
                raise TooManyStreams
            self._streams += 1
            self._streams_of[address_key] += 1
            screening = self._watched.get(screening_id)
            if screening is None:
                screening = self._watched[screening_id] = WatchedScreening(screening_id)
                self._renewed_at = 0.0
            screening.streams += 1
        self._wake.set()
        return screening

    def _run(self, screening: WatchedScreening, address_key: str) -> Generator[bytes, None, None]:
        try:
            yield b""
            # Send a line at once, so that the browser sees the stream as open.
            yield b"retry: 2000\n\n"
            seen = 0
            ends_at = time.monotonic() + LONGEST_STREAM_SECONDS
            while not self._stopping.is_set() and time.monotonic() < ends_at:
                with screening.changed:
                    if screening.version == seen:
                        screening.changed.wait(HEARTBEAT_SECONDS)
                    version, change, snapshot = screening.version, screening.change, screening.snapshot
                if version == seen:
                    yield b":\n\n"
                else:
                    yield change if version == seen + 1 and seen else snapshot
                    seen = version
        finally:
            self._leave(screening, address_key)

    def _leave(self, screening: WatchedScreening, address_key: str) -> None:
        with self._lock:
            self._streams -= 1
            self._streams_of[address_key] -= 1
            if not self._streams_of[address_key]:
                del self._streams_of[address_key]
            screening.streams -= 1
            screening.left_at = time.monotonic()

    def _listen_loop(self) -> None:
        while not self._stopping.is_set():
            try:
                listen(
                    db.direct_url(),
                    CHANNEL,
                    limits=db.limits(),
                    stopping=self._stopping,
                    ready=self._ready,
                    heard=self._heard,
                )
            except ListenError as error:
                log.warning("listening for seats failed, tries again", extra={"error": str(error).strip()})
            self._listening = False
            self._stopping.wait(1.0)

    def _ready(self) -> None:
        self._listening = True
        self._mark(None)

    def _heard(self, payloads: Iterable[str]) -> None:
        self._mark({int(payload) for payload in payloads if payload.isdecimal()})

    def _mark(self, screening_ids: set[int] | None) -> None:
        with self._lock:
            for screening_id, screening in self._watched.items():
                if screening_ids is None or screening_id in screening_ids:
                    screening.stale = True
        self._wake.set()

    def _read_loop(self) -> None:
        while not self._stopping.is_set():
            try:
                pause = self._read_due()
            except Exception as error:
                log.warning("reading live seats failed, tries again", extra={"error": repr(error)})
                pause = 1.0
            self._wake.wait(pause)
            self._wake.clear()

    def _read_due(self) -> float:
        """Read every screening that is due; return the seconds until the next one is."""
        now = time.monotonic()
        interval = READ_SECONDS if self._listening else READ_SECONDS_UNNOTIFIED
        with self._lock:
            for screening in [one for one in self._watched.values() if not one.streams]:
                if now - screening.left_at > RENEW_SECONDS and screening.read_at:
                    del self._watched[screening.screening_id]
            screenings = list(self._watched.values())
            renew = bool(screenings) and now - self._renewed_at > RENEW_SECONDS
        if renew:
            watch([screening.screening_id for screening in screenings])
            self._renewed_at = now
        due = [screening for screening in screenings if screening.due_at(interval) <= now]
        if due:
            for screening in due:
                # Set before reading, so that a NOTIFY during it causes another reading. A new one is read twice:
                # claims made before its watch was committed sent no NOTIFY.
                screening.stale, screening.read_at = screening.version == 0, now
            states, moment = read([screening.screening_id for screening in due])
            for screening in due:
                screening.update(states[screening.screening_id], moment)
        nearest = min((screening.due_at(interval) for screening in screenings), default=now + READ_SECONDS)
        return max(0.005, nearest - time.monotonic())


_feed: Feed | None = None
_feed_lock = threading.Lock()


def feed() -> Feed:
    """Return the process's feed, made on first use, and again when the process connects to another database."""
    global _feed
    with _feed_lock:
        if _feed is None or _feed.engine is not db.engine():
            if _feed is not None:
                _feed.stop()
            _feed = Feed(db.engine())
        return _feed


def stop() -> None:
    """End the process's feed, if it has one."""
    global _feed
    with _feed_lock:
        if _feed is not None:
            _feed.stop()
        _feed = None
