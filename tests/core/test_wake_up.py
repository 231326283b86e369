"""`WakeUp` decides when a thread that waits for deliveries queries the database."""

from __future__ import annotations

import threading
import time

import pytest

from app.core import wake_up
from app.core.wake_up import WakeUp


@pytest.fixture
def asleep(monkeypatch: pytest.MonkeyPatch) -> WakeUp:
    """A wake-up that has polled and does not poll again during the test."""
    monkeypatch.setattr(wake_up, "POLL_SECONDS", 3600.0)
    made = WakeUp()
    assert turn(made)
    return made


def turn(waiting: WakeUp, seconds: float = 0.0) -> bool:
    return waiting.wait(time.monotonic() + seconds) is not None


def test_a_thread_polls_without_a_notification(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(wake_up, "POLL_SECONDS", 0.05)
    waiting = WakeUp()
    assert turn(waiting)
    assert turn(waiting, seconds=20)


def test_each_notification_causes_one_query(asleep: WakeUp) -> None:
    asleep.notify()
    asleep.notify()
    assert [turn(asleep) for _ in range(3)] == [True, True, False]


def test_an_empty_query_answers_the_notifications_before_it(asleep: WakeUp) -> None:
    for _ in range(3):
        asleep.notify()
    notified = asleep.wait(0)
    assert notified is not None
    asleep.notify()
    asleep.queried(notified, more=False)
    assert [turn(asleep) for _ in range(2)] == [True, False], (
        "the notification that came during the query is left"
    )


def test_after_a_full_batch_another_thread_queries(asleep: WakeUp) -> None:
    asleep.notify()
    notified = asleep.wait(0)
    assert notified is not None
    asleep.queried(notified, more=True)
    assert [turn(asleep) for _ in range(2)] == [True, False]


def test_a_thread_that_waits_is_woken(asleep: WakeUp) -> None:
    turns: list[bool] = []
    thread = threading.Thread(target=lambda: turns.append(turn(asleep, seconds=60)))
    thread.start()
    asleep.notify()
    thread.join(20)
    assert turns == [True]


def test_no_thread_waits_after_a_stop(asleep: WakeUp) -> None:
    turns: list[bool] = []
    thread = threading.Thread(target=lambda: turns.append(turn(asleep, seconds=60)))
    thread.start()
    asleep.stop()
    thread.join(20)
    asleep.notify()
    turns.append(turn(asleep, seconds=60))
    assert turns == [False, False]
