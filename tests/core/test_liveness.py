"""Signs of life: who stands still is noticed, who counts is not, and a machine that slept accuses nobody."""

from __future__ import annotations

import os
import time
from pathlib import Path

from app.core.liveness import Counter, Heartbeat, Watch


def looks(watch: Watch, number: int) -> list[bool]:
    return [watch.stands_still() for _ in range(number)]


def test_what_stands_still_for_as_many_looks_as_make_the_seconds() -> None:
    count = [0]
    watch = Watch(lambda: count[0], seconds=1.0, every=0.25)
    assert looks(watch, 4) == [False, False, False, True]
    count[0] += 1
    assert looks(watch, 5) == [False, False, False, False, True]


def test_the_first_sign_may_take_longer() -> None:
    count = [0]
    watch = Watch(lambda: count[0], seconds=0.5, every=0.25, first_seconds=1.5)
    assert looks(watch, 6) == [False] * 5 + [True]
    count[0] += 1
    assert looks(watch, 3) == [False, False, True]


def test_time_that_passes_between_two_looks_is_nobodys_fault() -> None:
    watch = Watch(lambda: 0, seconds=0.05, every=0.01)
    assert not watch.stands_still()
    time.sleep(0.2)
    assert not watch.stands_still()


def test_a_counter_is_read_by_the_process_that_forked() -> None:
    counter = Counter()
    child = os.fork()
    if child == 0:
        for _ in range(3):
            counter.count_up()
        os._exit(0)
    os.waitpid(child, 0)
    assert counter.value() == 3


def test_a_heartbeat_says_when_by_the_steady_clock(tmp_path: Path) -> None:
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


def test_a_heartbeat_that_cannot_be_written_ends_nobody(tmp_path: Path) -> None:
    Heartbeat(tmp_path / "no such folder" / "one.heartbeat").beat()
