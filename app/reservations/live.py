"""Live seats: one reader and one LISTEN connection a process, however many people look at a map.

Each watched screening has a board. A NOTIFY says that a board is old; the reader reads it, and every stream of that
screening gets the same bytes: a snapshot first, then what changed. NOTIFY is a hint: boards are read again now and
then in any case. Seats carry the time at which they come back, so that pages free them by themselves.
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

from sqlalchemy import Engine, text

from app.adapters.postgres_listen import ListenError, listen
from app.core import db
from app.reservations import holding

log = logging.getLogger("bilheteria.live")

CHANNEL = "seats"
HEARTBEAT_SECONDS = 15.0
LONGEST_STREAM_SECONDS = 900.0  # then the browser comes back by itself; streams move to the newest process
MOST_STREAMS = 2000  # well below what a web process holds of connections: pages must find a place beside them
MOST_FROM_ONE_ADDRESS = 400  # of them: nobody takes them all, and a crowd behind one address has its share
AGAIN_SECONDS = 5.0  # without any hint
ALONE_SECONDS = 1.0  # without any hint, while nobody listens
APART_SECONDS = 0.1  # two readings of a board are at least so far apart
WATCH_SECONDS = 60.0
RENEW_SECONDS = 20.0

States = Mapping[int, datetime | None]


class TooManyStreams(Exception):
    """This process has as many streams as it can hold, or as many of one address; the page polls instead."""


@dataclass
class Board:
    """What is known of a screening. `version` 0: nothing yet."""

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

    def due_at(self, again: float) -> float:
        return self.read_at + (APART_SECONDS if self.stale else again)

    def show(self, states: States, now: datetime) -> None:
        """Take over what was read, and wake the streams if it differs."""
        with self.changed:
            if self.version and states == self.states:
                return
            self.change = _event("change", change_of(self.states, states), now)
            self.snapshot = _event("seats", {"taken": _times(states)}, now)
            self.states = states
            self.version += 1
            self.changed.notify_all()


def change_of(before: States, after: States) -> dict[str, object]:
    """What must be told to somebody who knows `before`: seats taken (or with another time), seats free again."""
    taken = {seat: until for seat, until in after.items() if seat not in before or before[seat] != until}
    return {"taken": _times(taken), "free": sorted(before.keys() - after.keys())}


def _times(states: States) -> dict[str, int]:
    """Until when a seat is taken, in whole seconds of the epoch; 0 for sold."""
    return {
        str(seat): 0 if until is None else ceil(until.timestamp()) for seat, until in sorted(states.items())
    }


def as_json(states: States, now: datetime) -> str:
    """The snapshot as the polling page reads it."""
    return json.dumps({"taken": _times(states), "now": now.timestamp()}, separators=(",", ":"))


def _event(name: str, facts: dict[str, object], now: datetime) -> bytes:
    body = json.dumps(facts | {"now": round(now.timestamp(), 3)}, separators=(",", ":"))
    return f"event: {name}\ndata: {body}\n\n".encode()


class Feed:
    """The boards of one process, and the two threads behind them."""

    def __init__(self, engine: Engine) -> None:
        self.engine = engine
        self._boards: dict[int, Board] = {}
        self._lock = threading.Lock()
        self._wake = threading.Event()
        self._stopping = threading.Event()
        self._listening = False
        self._renewed_at = 0.0
        self._streams = 0
        self._streams_of: Counter[str] = Counter()  # by the key of an address
        for work in (self._read_loop, self._listen_loop):
            # A context of its own: the request that happens to be first must not lend its transaction.
            threading.Thread(target=Context().run, args=(work,), name=work.__name__, daemon=True).start()

    def stop(self) -> None:
        """End the threads and, soon after, every stream."""
        self._stopping.set()
        self._wake.set()
        with self._lock:
            boards = list(self._boards.values())
        for board in boards:
            with board.changed:
                board.changed.notify_all()

    def stream(self, screening_id: int, address_key: str = "") -> Generator[bytes, None, None]:
        """Server-sent events of a screening: `seats` (all taken ones), then `change`. Raises TooManyStreams."""
        events = self._run(self._enter(screening_id, address_key), address_key)
        next(events)  # begun, so that closing it always leaves the board
        return events

    def _enter(self, screening_id: int, address_key: str) -> Board:
        with self._lock:
            if self._streams >= MOST_STREAMS or self._stopping.is_set():
                raise TooManyStreams
            if self._streams_of[address_key] >= MOST_FROM_ONE_ADDRESS:
                raise TooManyStreams
            self._streams += 1
            self._streams_of[address_key] += 1
            board = self._boards.get(screening_id)
            if board is None:
                board = self._boards[screening_id] = Board(screening_id)
                self._renewed_at = 0.0
            board.streams += 1
        self._wake.set()
        return board

    def _run(self, board: Board, address_key: str) -> Generator[bytes, None, None]:
        try:
            yield b""
            # Something at once, so that the browser knows the stream to be open.
            yield b"retry: 2000\n\n"
            seen = 0
            ends_at = time.monotonic() + LONGEST_STREAM_SECONDS
            while not self._stopping.is_set() and time.monotonic() < ends_at:
                with board.changed:
                    if board.version == seen:
                        board.changed.wait(HEARTBEAT_SECONDS)
                    version, change, snapshot = board.version, board.change, board.snapshot
                if version == seen:
                    yield b":\n\n"
                else:
                    yield change if version == seen + 1 and seen else snapshot
                    seen = version
        finally:
            self._leave(board, address_key)

    def _leave(self, board: Board, address_key: str) -> None:
        with self._lock:
            self._streams -= 1
            self._streams_of[address_key] -= 1
            if not self._streams_of[address_key]:
                del self._streams_of[address_key]
            board.streams -= 1
            board.left_at = time.monotonic()

    def _listen_loop(self) -> None:
        url = self.engine.url.set(drivername="postgresql").render_as_string(hide_password=False)
        while not self._stopping.is_set():
            try:
                listen(
                    url,
                    CHANNEL,
                    limits=db.limits(),
                    stopping=self._stopping,
                    ready=self._ready,
                    heard=self._heard,
                )
            except ListenError as error:
                log.warning("listening stumbled", extra={"error": str(error).strip()})
            self._listening = False
            self._stopping.wait(1.0)

    def _ready(self) -> None:
        self._listening = True
        self._mark(None)

    def _heard(self, payloads: Iterable[str]) -> None:
        self._mark({int(payload) for payload in payloads if payload.isdecimal()})

    def _mark(self, screening_ids: set[int] | None) -> None:
        with self._lock:
            for screening_id, board in self._boards.items():
                if screening_ids is None or screening_id in screening_ids:
                    board.stale = True
        self._wake.set()

    def _read_loop(self) -> None:
        while not self._stopping.is_set():
            try:
                pause = self._read_due()
            except Exception as error:
                log.warning("live seats stumbled", extra={"error": repr(error)})
                pause = 1.0
            self._wake.wait(pause)
            self._wake.clear()

    def _read_due(self) -> float:
        """Read every board that is due; returns how long nothing is."""
        now = time.monotonic()
        again = AGAIN_SECONDS if self._listening else ALONE_SECONDS
        with self._lock:
            for board in [one for one in self._boards.values() if not one.streams]:
                if now - board.left_at > RENEW_SECONDS and board.read_at:
                    del self._boards[board.screening_id]
            boards = list(self._boards.values())
            renew = bool(boards) and now - self._renewed_at > RENEW_SECONDS
        if renew:
            watch([board.screening_id for board in boards])
            self._renewed_at = now
        due = [board for board in boards if board.due_at(again) <= now]
        if due:
            for board in due:
                # Before reading: what is told meanwhile is read again. A new board may have missed what was
                # claimed while its watch was on its way, so it is read twice.
                board.stale, board.read_at = board.version == 0, now
            states, moment = read([board.screening_id for board in due])
            for board in due:
                board.show(states[board.screening_id], moment)
        nearest = min((board.due_at(again) for board in boards), default=now + AGAIN_SECONDS)
        return max(0.005, nearest - time.monotonic())


def watch(screening_ids: list[int]) -> None:
    """Ask the claims of these screenings to say so, for the next minute. Opens its own transaction."""
    with db.transaction() as session:
        session.execute(
            text(
                "insert into reservations.seat_watches as known (screening_id, until)"
                " select id, clock_timestamp() + make_interval(secs => :seconds)"
                " from unnest(cast(:ids as integer[])) id order by id"
                " on conflict (screening_id) do update set until = greatest(known.until, excluded.until)"
            ),
            {"ids": screening_ids, "seconds": WATCH_SECONDS},
        )


def read(screening_ids: list[int]) -> tuple[dict[int, dict[int, datetime | None]], datetime]:
    """The taken seats of several screenings, those that are not for sale too, and the database's time.

    Opens its own reading scope.
    """
    states: dict[int, dict[int, datetime | None]] = {screening_id: {} for screening_id in screening_ids}
    with db.reading() as session:
        rows = session.execute(
            text(
                "select screening_id, seat_id, expires_at, clock_timestamp() as now from (select 1) one"
                " left join reservations.seat_claims on screening_id = any(:ids)"
                " and (expires_at is null or expires_at >= clock_timestamp())"
            ),
            {"ids": screening_ids},
        ).all()
        for row in rows:
            if row.screening_id is not None:
                states[row.screening_id][row.seat_id] = row.expires_at
        for screening_id, known in states.items():
            known.update(holding.never_free(screening_id))
    return states, rows[0].now


_feed: Feed | None = None
_feed_lock = threading.Lock()


def feed() -> Feed:
    """The process's feed, made on first use; another one when the process turned to another database."""
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
