"""The watchdog finds stalled values, without a false alarm after the machine slept; heartbeats and counters."""

from __future__ import annotations

import os
import time
from pathlib import Path

from app.core.liveness import Counter, Heartbeat, Watchdog


def checks(watchdog: Watchdog, number: int) -> list[bool]:
    return [watchdog.is_stalled() for _ in range(number)]


def test_a_value_without_change_for_its_time_limit_is_stalled() -> None:
    count = [0]
    watchdog = Watchdog(lambda: count[0], seconds=1.0, every=0.25)
    assert checks(watchdog, 4) == [False, False, False, True]
    count[0] += 1
    assert checks(watchdog, 5) == [False, False, False, False, True]


def test_the_first_change_may_take_longer() -> None:
    count = [0]
    watchdog = Watchdog(lambda: count[0], seconds=0.5, every=0.25, first_seconds=1.5)
    assert checks(watchdog, 6) == [False] * 5 + [True]
    count[0] += 1
    assert checks(watchdog, 3) == [False, False, True]


def test_time_between_two_checks_does_not_count() -> None:
    watchdog = Watchdog(lambda: 0, seconds=0.05, every=0.01)
    assert not watchdog.is_stalled()
    time.sleep(0.2)
    assert not watchdog.is_stalled()


def test_a_forked_process_shares_its_counter_with_the_parent() -> None:
    counter = Counter()
    child = os.fork()
    if child == 0:
        for _ in range(3):
            counter.increment()
        os._exit(0)
    os.waitpid(child, 0)
    assert counter.value() == 3


def test_a_heartbeat_holds_the_monotonic_time(tmp_path: Path) -> None:
    heartbeat = Heartbeat(tmp_path / "run" / "one.heartbeat")
    heartbeat.clear()
    assert heartbeat.last() is None
    before = time.monotonic()
    heartbeat.beat()
    last = heartbeat.last()
    assert last is not None
    assert before - 1 <= last <= time.monotonic() + 1
    heartbeat.clear()
    assert heartbeat.last() is None


def test_a_heartbeat_that_cannot_be_written_raises_no_error(tmp_path: Path) -> None:
    Heartbeat(tmp_path / "no such folder" / "one.heartbeat").beat()
