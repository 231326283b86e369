"""Live seats: what streams send, and that they use no connection of the pool."""

from __future__ import annotations

import json
import re
import threading
import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import text

from app.core import db
from app.core.config import Settings
from app.events.service import Screening
from app.reservations import live, service
from tests.reservations.auditoriums import make_screening
from tests.reservations.holds import hold, seat_ids_of


@pytest.fixture(autouse=True)
def feed(database: str, settings: Settings) -> Iterator[None]:
    db.connect(database, pool_size=settings.database.pool_size)
    yield
    live.stop()


@pytest.fixture
def notified_only(monkeypatch: pytest.MonkeyPatch) -> None:
    """Read screenings only after a NOTIFY, never at intervals."""
    monkeypatch.setattr(live, "READ_SECONDS", 600.0)
    monkeypatch.setattr(live, "READ_SECONDS_UNNOTIFIED", 600.0)


class Viewer:
    """A stream, read by a thread."""

    def __init__(self, screening: Screening) -> None:
        self.events: list[tuple[str, dict[str, Any]]] = []
        self.ended = threading.Event()
        self._more = threading.Condition()
        self._stream = live.feed().stream(screening.id)
        threading.Thread(target=self._read, daemon=True).start()

    def _read(self) -> None:
        for chunk in self._stream:
            if chunk.startswith(b"event:"):
                name, data = chunk.decode().strip().split("\n")
                with self._more:
                    self.events.append(
                        (name.removeprefix("event: "), json.loads(data.removeprefix("data: ")))
                    )
                    self._more.notify_all()
        self.ended.set()

    def wait_for(self, number: int, seconds: float = 20.0) -> tuple[str, dict[str, Any]]:
        with self._more:
            assert self._more.wait_for(lambda: len(self.events) >= number, seconds), self.events
            return self.events[number - 1]


@pytest.mark.usefixtures("notified_only")
def test_a_stream_sends_a_snapshot_then_changes() -> None:
    screening = make_screening("oooo")
    one, two = seat_ids_of(screening, "A1 A2")
    before = hold(screening, "A1")
    viewer = Viewer(screening)
    name, facts = viewer.wait_for(1)
    assert name == "seats"
    assert facts["taken"].keys() == {str(one)}
    assert abs(facts["taken"][str(one)] - before.expires_at.timestamp()) <= 1
    assert abs(facts["now"] - time.time()) < 5

    held = hold(screening, "A2")
    name, facts = viewer.wait_for(2)
    assert (name, list(facts["taken"]), facts["free"]) == ("change", [str(two)], [])

    with db.transaction():
        service.confirm(held.id)
    assert viewer.wait_for(3)[1]["taken"] == {str(two): 0}
    with db.transaction():
        service.release(held.id)
    assert viewer.wait_for(4)[1] == {"taken": {}, "free": [two], "now": viewer.events[3][1]["now"]}


def test_changes_go_to_all_streams_of_the_screening_only() -> None:
    screening, other = make_screening("oooo"), make_screening("oooo")
    viewers, elsewhere = [Viewer(screening) for _ in range(5)], Viewer(other)
    for viewer in [*viewers, elsewhere]:
        viewer.wait_for(1)
    hold(screening, "A1")
    for viewer in viewers:
        viewer.wait_for(2)
    assert len(elsewhere.events) == 1


def test_streams_hold_no_connection_of_the_pool(database: str) -> None:
    engine = db.connect(database, pool_size=1, max_overflow=1, pool_timeout=20)
    screening = make_screening("oooo")
    viewers = [Viewer(screening) for _ in range(20)]
    for viewer in viewers:
        viewer.wait_for(1)
    deadline = time.monotonic() + 20
    while engine.pool.checkedout():  # type: ignore[attr-defined]
        assert time.monotonic() < deadline, "the reader gives its connection back, and no stream has one"
        time.sleep(0.01)
    hold(screening, "A1")
    for viewer in viewers:
        viewer.wait_for(2)


def test_a_lost_notification_only_delays_a_change(monkeypatch: pytest.MonkeyPatch) -> None:
    """A claim without a NOTIFY is sent at the next reading."""
    monkeypatch.setattr(live, "READ_SECONDS", 1.0)
    screening = make_screening("oooo")
    viewer = Viewer(screening)
    viewer.wait_for(1)
    time.sleep(0.3)
    with db.transaction() as session:
        session.execute(text("delete from reservations.seat_watches"))
    hold(screening, "A1")
    viewer.wait_for(2)


@pytest.mark.usefixtures("notified_only")
def test_listening_starts_again_after_a_broken_connection() -> None:
    screening = make_screening("oooo")
    viewer = Viewer(screening)
    viewer.wait_for(1)
    deadline = time.monotonic() + 20
    while not listeners_cut_off():
        assert time.monotonic() < deadline, "nobody listens"
        time.sleep(0.05)
    hold(screening, "A1")
    viewer.wait_for(2)


def listeners_cut_off() -> int:
    cut = "select count(pg_terminate_backend(pid)) from pg_stat_activity"
    with db.reading() as session:
        return session.execute(
            text(f"{cut} where datname = current_database() and query ilike 'listen%'")
        ).scalar_one()


def test_stopping_ends_the_streams() -> None:
    screening = make_screening("oooo")
    viewer = Viewer(screening)
    viewer.wait_for(1)
    live.stop()
    assert viewer.ended.wait(20)


def test_too_many_streams(monkeypatch: pytest.MonkeyPatch) -> None:
    screening = make_screening("oooo")
    monkeypatch.setattr(live, "MOST_STREAMS", 1)
    viewer = Viewer(screening)
    viewer.wait_for(1)
    with pytest.raises(live.TooManyStreams):
        live.feed().stream(screening.id)


def test_the_streams_of_one_address_are_limited(monkeypatch: pytest.MonkeyPatch) -> None:
    screening = make_screening("oooo")
    monkeypatch.setattr(live, "MOST_FROM_ONE_ADDRESS", 1)
    feed = live.feed()
    first = feed.stream(screening.id, "office")
    with pytest.raises(live.TooManyStreams):
        feed.stream(screening.id, "office")
    feed.stream(screening.id, "another").close()
    first.close()
    feed.stream(screening.id, "office").close()


def test_changes_between_two_states() -> None:
    soon = datetime.now(UTC).replace(microsecond=0)
    later = soon + timedelta(minutes=1)
    assert live.changes_between({1: soon, 2: soon, 3: None}, {1: later, 3: None, 4: None}) == {
        "taken": {"1": int(later.timestamp()), "4": 0},
        "free": [2],
    }


def test_streams_leave_connections_for_pages() -> None:
    conf = Path(__file__).resolve().parents[2] / "app" / "web" / "gunicorn_conf.py"
    found = re.search(r"^worker_connections = (\d+)", conf.read_text(), re.M)
    assert found
    assert int(found[1]) * 0.8 >= live.MOST_STREAMS
