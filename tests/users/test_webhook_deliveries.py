"""Deliveries of webhooks that fail or are slow: repeated for a day, paused, replayed; others are not held up."""

from __future__ import annotations

import threading
import uuid
from typing import Any

import pytest

from app.adapters.public_post import Answer, PublicPoster
from app.core import db, worker
from app.core.errors import Invalid, NotFound
from app.core.outbox_source import OutboxSource
from app.core.partner_events import EVENTS, ORDER_PAID
from app.dispatch import routes
from app.users import service as users
from app.users.webhooks import outcomes, registry, sending
from tests.users.webhook_receiver import Receiver, pass_time, receiving, work


def test_a_worker_that_ends_sends_no_further_event(
    receiver: Receiver, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Many events and a slow receiver would keep it longer than ECS waits."""
    for number in range(3):
        receiver.happen(number)
    handlers = routes(("users",))
    worker.drain({key: handler for key, handler in handlers.items() if key[0] == "users"})
    source, post = OutboxSource(), PublicPoster.post

    def post_and_stop(*request: Any) -> Answer:
        source.stop()
        return post(*request)

    with monkeypatch.context() as patch:
        patch.setattr(worker, "open_source", lambda: source)
        patch.setattr(PublicPoster, "post", post_and_stop)
        worker.drain({key: handler for key, handler in handlers.items() if key[0] == "webhooks"}, limit=1)
    assert len(receiver.requests) == 1
    work()
    assert len(receiver.requests) == 3
    assert {one.state for one in receiver.deliveries()} == {"delivered"}


def test_a_failed_delivery_comes_again_with_the_same_id_and_body(receiver: Receiver) -> None:
    receiver.answer(500, 302)
    receiver.happen()
    work()
    assert work() == 0, "not before its time"
    for minutes in (1, 2):
        pass_time(minutes=minutes)
        work()
    assert len({receiver.id_of(one) for one in receiver.requests}) == 1
    assert len({one.body for one in receiver.requests}) == 1
    (delivery,) = receiver.deliveries()
    assert [one.status for one in receiver.attempts(delivery)] == [500, 302, 200]
    assert receiver.attempts(delivery)[0].answer == "said no"
    assert delivery.state == "delivered"


def test_after_a_day_it_has_failed_and_can_be_replayed(receiver: Receiver) -> None:
    receiver.answer(*[503] * 60)
    receiver.happen()
    work()
    for _ in range(40):
        pass_time(minutes=80)
        work()
    (delivery,) = receiver.deliveries()
    assert (delivery.state, delivery.next_attempt_at) == ("failed", None)
    assert 15 <= delivery.attempts <= 30
    receiver.answer()
    with db.transaction():
        users.replay_webhook_delivery(receiver.id, delivery.event_id)
    work()
    (again,) = receiver.deliveries()
    assert (again.state, again.attempts) == ("delivered", delivery.attempts + 1)
    assert receiver.id_of(receiver.requests[-1]) == str(delivery.event_id)


def test_a_range_of_time_is_replayed(receiver: Receiver) -> None:
    for number in range(3):
        receiver.happen(number)
    work()
    first, second, third = receiver.deliveries()
    receiver.requests.clear()
    with db.transaction():
        assert users.replay_webhook_deliveries(receiver.id, first.happened_at, third.happened_at) == 2
    work()
    ids = {receiver.id_of(one) for one in receiver.requests}
    assert ids == {str(first.event_id), str(second.event_id)}
    with pytest.raises(Invalid), db.transaction():
        users.replay_webhook_deliveries(receiver.id, third.happened_at, first.happened_at)
    with pytest.raises(NotFound), db.transaction():
        users.replay_webhook_delivery(receiver.id, uuid.uuid4())


def test_410_pauses_and_what_happens_meanwhile_is_sent_after_a_new_ping(receiver: Receiver) -> None:
    receiver.answer(410)
    receiver.happen(1)
    work()
    assert (receiver.webhook.state, receiver.webhook.reason) == ("paused", "gone")
    receiver.requests.clear()
    receiver.happen(2)
    pass_time(hours=30)
    assert work() == 2
    assert receiver.requests == []
    with db.transaction():
        users.change_webhook(receiver.id, paused=False)
    work()
    assert [kind for kind, _ in receiver.events()] == ["webhook.ping", ORDER_PAID, ORDER_PAID]
    assert receiver.webhook.state == "active"


def test_a_receiver_without_an_answer_is_left_alone_and_later_disabled(
    receiver: Receiver, monkeypatch: pytest.MonkeyPatch
) -> None:
    """One attempt finds out that nobody answers; the other events wait."""
    receiver.server.shutdown()
    receiver.server.socket.close()
    for number in range(3):
        receiver.happen(number)
    work()
    assert sorted(one.attempts for one in receiver.deliveries()) == [0, 0, 1]
    (attempt,) = [one for found in receiver.deliveries() for one in receiver.attempts(found)]
    assert (attempt.status, attempt.error) == (None, "not_reached")
    pass_time(seconds=2)
    assert work() == 0, "it rests"
    monkeypatch.setattr(outcomes, "DISABLE_FAILURES", 4)
    for _ in range(2):
        pass_time(hours=20)
        work()
    assert receiver.webhook.state == "active"
    assert receiver.webhook.failing_since is not None
    pass_time(hours=40)
    work()
    assert (receiver.webhook.state, receiver.webhook.reason) == ("disabled", "failing")


def test_a_ping_without_success_for_a_day_pauses(new_receiver: Receiver) -> None:
    new_receiver.answer(*[404] * 40)
    for _ in range(30):
        work()
        pass_time(minutes=80)
    assert (new_receiver.webhook.state, new_receiver.webhook.reason) == ("paused", "not_verified")


def test_a_slow_receiver_holds_up_no_other(receiver: Receiver, monkeypatch: pytest.MonkeyPatch) -> None:
    """While a worker waits for one receiver, another partner gets its event."""
    may_answer, waiting = threading.Event(), threading.Event()
    post = registry.poster().post

    def wait(address: str, headers: dict[str, str], body: bytes) -> object:
        if address.startswith(receiver.server.url):
            waiting.set()
            assert may_answer.wait(30)
        return post(address, headers, body)

    monkeypatch.setattr(registry.poster(), "post", wait)
    with receiving("other") as other:
        other.activate()
        receiver.happen()
        slow = threading.Thread(target=work)
        slow.start()
        try:
            assert waiting.wait(30)
            other.happen()
            work()
            assert [kind for kind, _ in other.events()] == [ORDER_PAID]
        finally:
            may_answer.set()
            slow.join(30)
    assert len(receiver.requests) == 1


def test_of_one_partner_only_some_webhooks_are_sent_to_at_once(receiver: Receiver) -> None:
    with db.transaction() as session:
        for _ in range(sending.MOST_OF_A_PARTNER):
            made, _ = users.add_webhook(receiver.partner.id, f"{receiver.server.url}/other", EVENTS)
            values = {"id": made.id, "seconds": 60, "most": 9}
            assert session.execute(sending._LEASE, values).scalar() is not None
    receiver.happen()
    work()
    assert receiver.requests == []
    pass_time(minutes=2)
    work()
    assert receiver.requests
