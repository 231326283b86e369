"""Consumer groups of the worker: a consumer with its own threads neither delays others nor is delayed."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from app.core import db, outbox, worker
from app.core.handling import Attempt
from app.core.messages import Message, NoticeRequested, SeatsFreed, TicketsResigned
from app.core.outbox_source import OutboxSource
from app.dispatch import own_threads

pytestmark = pytest.mark.usefixtures("database")
MESSAGES: dict[str, Message] = {
    "reservations": SeatsFreed(screening_id=1),
    "users": NoticeRequested("account_exists", "ana@example.org", "en"),
    "tickets": TicketsResigned(order_id="1"),
}
Run = Callable[..., None]


@pytest.fixture
def may_return() -> Iterator[threading.Event]:
    """An event that lets the waiting handlers return."""
    event = threading.Event()
    yield event
    event.set()


@pytest.fixture
def run(may_return: threading.Event) -> Iterator[Run]:
    started: list[tuple[worker.Worker, threading.Thread]] = []

    def start(handlers: dict[str, Callable[[Any, Attempt], object]], **threads: Any) -> None:
        routes = {(who, type(MESSAGES[who])): handler for who, handler in handlers.items()}
        running = worker.Worker(OutboxSource(), routes, [], **threads)  # type: ignore[arg-type]
        thread = threading.Thread(target=running.run)
        thread.start()
        started.append((running, thread))

    yield start
    may_return.set()
    for running, thread in started:
        running.stop()
        thread.join(20)


def publish(who: str, count: int = 1, *, urgent: bool = False) -> None:
    with db.transaction():
        for _ in range(count):
            outbox.publish(MESSAGES[who], urgent=urgent)


def test_a_mail_server_that_does_not_answer_delays_no_other_message(
    run: Run, may_return: threading.Event
) -> None:
    waiting, freed = threading.Event(), threading.Event()

    def wait(message: NoticeRequested, attempt: Attempt) -> None:
        waiting.set()
        may_return.wait(60)

    handlers = {"users": wait, "reservations": lambda m, d: freed.set()}
    publish("users", 20)
    run(handlers, threads=2, own_threads={"users": 2})
    assert waiting.wait(20)
    publish("reservations", urgent=True)
    assert freed.wait(20)


def test_control_in_one_group_a_silent_mail_server_delays_all(run: Run, may_return: threading.Event) -> None:
    waiting, freed = threading.Barrier(3, timeout=20), threading.Event()

    def wait(message: NoticeRequested, attempt: Attempt) -> None:
        if not may_return.is_set():
            waiting.wait()
        may_return.wait(60)

    publish("users", 20)
    run({"users": wait, "reservations": lambda m, d: freed.set()}, threads=2)
    waiting.wait()  # both threads
    publish("reservations", urgent=True)
    assert not freed.wait(2)


def test_no_mail_waits_behind_pdfs(run: Run, may_return: threading.Event) -> None:
    drawing, sent = threading.Event(), threading.Event()

    def draw(message: TicketsResigned, attempt: Attempt) -> None:
        drawing.set()
        may_return.wait(60)

    publish("tickets", 20)
    run({"tickets": draw, "users": lambda m, d: sent.set()}, own_threads={"users": 1, "tickets": 1})
    assert drawing.wait(20)
    publish("users")
    assert sent.wait(20)


def test_every_message_has_a_group(run: Run) -> None:
    seen = {who: threading.Event() for who in MESSAGES}
    handlers = {who: lambda m, d, who=who: seen[who].set() for who in MESSAGES}
    run(handlers, threads=1, own_threads={"users": 1, "events": 3})
    for who in MESSAGES:
        publish(who)
    assert all(event.wait(20) for event in seen.values())


def test_mails_webhooks_and_pdfs_have_their_own_threads() -> None:
    assert own_threads(("orders", "payments", "users", "tickets")) == {
        "bounces": 1,
        "users": 2,
        "webhooks": 4,
        "tickets": 2,
    }
    assert own_threads(("orders", "payments", "pages")) == {}
