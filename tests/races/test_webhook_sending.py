"""Two workers and one webhook: one sends. Two requests at once exceed no limit of a partner.

The controls take the guards out: the event is sent twice, the limits are exceeded.
"""

from __future__ import annotations

import threading
import uuid
from collections.abc import Callable, Iterator
from contextlib import suppress
from functools import partial

import pytest
from sqlalchemy import text

from app.core import config, db, outbox
from app.core.config import Settings
from app.core.errors import Conflict
from app.core.messages import WebhooksDue
from app.core.partner_events import EVENTS
from app.users import service as users
from app.users.webhooks import registry, sending
from tests.races.concurrency import commit_while_the_other_waits
from tests.users.webhook_receiver import Receiver, receiving, work

IS_FREE = "(w.leased_until is null or w.leased_until < clock_timestamp())"


@pytest.fixture
def receiver(database: str, settings: Settings) -> Iterator[Receiver]:
    config.use(settings.changed(webhooks={"loopback": True}))
    with receiving() as found:
        found.activate()
        yield found


def without(module: object, name: str, guard: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Take the guard out of a statement of the module."""
    statement = str(getattr(module, name))
    assert guard in statement
    monkeypatch.setattr(module, name, text(statement.replace(guard, "true")))


def sent_by_two_workers(receiver: Receiver, monkeypatch: pytest.MonkeyPatch) -> int:
    """How often an event is sent when a second worker begins while the first one waits for the answer."""
    waiting, may_go_on = threading.Event(), threading.Event()
    post = registry.poster().post

    def wait_first(*arguments: object) -> object:
        if not waiting.is_set():
            waiting.set()
            assert may_go_on.wait(30)
        return post(*arguments)  # type: ignore[arg-type]

    monkeypatch.setattr(registry.poster(), "post", wait_first)
    receiver.happen()
    first = threading.Thread(target=work)
    first.start()
    assert waiting.wait(30)
    with db.transaction():
        outbox.publish(WebhooksDue(str(receiver.id)))
    try:
        work()
    finally:
        may_go_on.set()
        first.join(30)
    assert not first.is_alive()
    (delivery,) = receiver.deliveries()
    assert (delivery.state, delivery.attempts) == ("delivered", 1)
    return len(receiver.events())


def test_two_workers_send_an_event_once(receiver: Receiver, monkeypatch: pytest.MonkeyPatch) -> None:
    assert sent_by_two_workers(receiver, monkeypatch) == 1


def test_control_without_the_lease_both_send_and_one_attempt_counts(
    receiver: Receiver, monkeypatch: pytest.MonkeyPatch
) -> None:
    without(sending, "_LEASE", IS_FREE, monkeypatch)
    assert sent_by_two_workers(receiver, monkeypatch) == 2


def commit_while_the_other_is_open(first: Callable[[], object], second: Callable[[], object]) -> None:
    """Run and commit `second` in another thread while the transaction of `first` is open."""

    def run() -> None:
        with db.transaction():
            second()

    other = threading.Thread(target=run, daemon=True)
    with db.transaction():
        first()
        other.start()
        other.join(30)
        assert not other.is_alive(), "it waits for a lock"


Together = Callable[[Callable[[], object], Callable[[], object]], None]


def leased_at_once(receiver: Receiver, together: Together) -> int:
    """How many of a partner's two webhooks two workers lease at the same moment, if one is allowed."""
    with db.transaction():
        second, _ = users.add_webhook(receiver.partner.id, "https://hooks.example.org/", EVENTS)
    leased: list[object] = []

    def lease(webhook_id: uuid.UUID) -> None:
        values = {"id": webhook_id, "seconds": 60, "most": 1}
        leased.append(db.session().execute(sending._LEASE, values).scalar())

    together(partial(lease, receiver.id), partial(lease, second.id))
    return sum(one is not None for one in leased)


def added_at_once(receiver: Receiver, together: Together) -> int:
    """How many webhooks a partner has after two requests at the same moment, each for the last one allowed."""

    def add() -> None:
        with suppress(Conflict):
            users.add_webhook(receiver.partner.id, "https://hooks.example.org/", EVENTS)

    with db.transaction():
        for _ in range(registry.MOST_WEBHOOKS - 2):
            add()
    together(add, add)
    with db.reading():
        return len(users.webhooks_of(receiver.partner.id))


def test_two_workers_keep_the_limit_of_a_partner(receiver: Receiver) -> None:
    assert leased_at_once(receiver, commit_while_the_other_waits) == 1


def test_two_requests_do_not_exceed_the_number_of_webhooks(receiver: Receiver) -> None:
    assert added_at_once(receiver, commit_while_the_other_waits) == registry.MOST_WEBHOOKS


def test_control_without_the_lock_of_the_partner_the_limits_are_exceeded(
    receiver: Receiver, monkeypatch: pytest.MonkeyPatch
) -> None:
    for module, name in ((sending, "_LEASE"), (registry, "_ADD")):
        lock, _, statement = str(getattr(module, name)).partition(";")
        assert "for no key update" in lock
        monkeypatch.setattr(module, name, text(statement))
    assert leased_at_once(receiver, commit_while_the_other_is_open) == 2
    with db.transaction():
        users.remove_webhook(users.webhooks_of(receiver.partner.id)[-1].id)
    assert added_at_once(receiver, commit_while_the_other_is_open) == registry.MOST_WEBHOOKS + 1
