"""Deliveries of webhooks: signed, at least once, in the log, repeated for a day; slow and failing receivers."""

from __future__ import annotations

import json
import threading
import uuid
from collections.abc import Iterator
from typing import Any

import pytest
from flask import Flask

from app.adapters.public_post import Answer, PublicPoster
from app.cli import register
from app.core import config, db, worker
from app.core.config import Settings
from app.core.errors import Conflict, Invalid, NotFound
from app.core.outbox_source import OutboxSource
from app.core.partner_events import EVENTS, ORDER_PAID
from app.dispatch import routes
from app.users import service as users
from app.users.webhooks import deliveries, outcomes, registry, sending
from tests.users.webhook_receiver import SCOPE, Receiver, pass_time, receiving, work


@pytest.fixture(autouse=True)
def _loopback(database: str, settings: Settings) -> None:
    config.use(settings.changed(webhooks={"loopback": True}))


@pytest.fixture
def new() -> Iterator[Receiver]:
    """A receiver whose webhook is not verified yet."""
    with receiving() as found:
        yield found


@pytest.fixture
def receiver(new: Receiver) -> Receiver:
    """A receiver whose webhook is active."""
    new.activate()
    return new


def test_a_ping_verifies_the_receiver_and_events_wait_for_it(new: Receiver) -> None:
    new.answer(500)
    new.happen()
    work()
    assert [kind for kind, _ in new.events()] == ["webhook.ping"]
    assert new.webhook.state == "unverified"
    pass_time(minutes=1)
    work()
    assert [kind for kind, _ in new.events()] == ["webhook.ping"] * 2 + [ORDER_PAID]
    assert new.webhook.state == "active"


def test_an_event_is_signed_logged_and_sent_once(receiver: Receiver) -> None:
    receiver.happen(7)
    receiver.answer(204)
    assert work() == 2
    assert work() == 0
    (request,), (delivery,) = receiver.requests, receiver.deliveries()
    assert (request.method, request.path, request.headers["Content-Type"]) == (
        "POST",
        "/in",
        "application/json",
    )
    body = json.loads(request.body)
    assert (body["type"], body["version"], body["data"]) == (ORDER_PAID, 1, {"order": {"code": "LTZ-7"}})
    assert receiver.id_of(request) == str(delivery.event_id)
    assert (delivery.state, delivery.attempts, delivery.next_attempt_at) == ("delivered", 1, None)
    (attempt,) = receiver.attempts(delivery)
    assert (attempt.number, attempt.status, attempt.error, attempt.answer) == (1, 204, "", "")


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


def test_a_ping_without_success_for_a_day_pauses(new: Receiver) -> None:
    new.answer(*[404] * 40)
    for _ in range(30):
        work()
        pass_time(minutes=80)
    assert (new.webhook.state, new.webhook.reason) == ("paused", "not_verified")


def test_both_secrets_sign_while_one_is_rotated(receiver: Receiver) -> None:
    former = receiver.secret
    with db.transaction():
        first = users.rotate_webhook_secret(receiver.id)[1]
    with db.transaction():
        changed, second = users.rotate_webhook_secret(receiver.id)
    assert changed.former_secret_until is not None
    receiver.happen()
    work()
    (request,) = receiver.requests
    for secret in (former, second):
        assert Receiver.verify(secret, request.headers, request.body)  # type: ignore[arg-type]
    with pytest.raises(ValueError, match="wrong signature"):
        Receiver.verify(first, request.headers, request.body)  # type: ignore[arg-type]
    pass_time(hours=25)
    receiver.happen()
    work()
    with pytest.raises(ValueError, match="wrong signature"):
        Receiver.verify(former, receiver.requests[-1].headers, receiver.requests[-1].body)  # type: ignore[arg-type]
    assert Receiver.verify(second, receiver.requests[-1].headers, receiver.requests[-1].body)  # type: ignore[arg-type]


def test_secrets_survive_one_change_of_the_secret_key(receiver: Receiver, settings: Settings) -> None:
    keys = {"secret_key": "second", "previous_secret_key": settings.web.secret_key}
    config.use(config.settings().changed(web=keys))
    with db.transaction():
        assert (registry.seal_secrets_again(), registry.seal_secrets_again()) == (1, 0)
    config.use(config.settings().changed(web={"secret_key": "second", "previous_secret_key": None}))
    receiver.happen()
    work()
    assert receiver.events()
    config.use(config.settings().changed(web={"secret_key": "third"}))
    receiver.happen()
    work()
    assert (receiver.webhook.state, receiver.webhook.reason) == ("disabled", "secret")


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


def test_a_blocked_partner_and_one_without_the_scope_get_nothing(receiver: Receiver) -> None:
    receiver.answer(500)
    receiver.happen()
    work()
    receiver.requests.clear()
    with db.transaction():
        users.block_partner("movies")
    pass_time(minutes=5)
    receiver.happen()
    work()
    with db.transaction():
        users.register_partner("movies", "Movies", [])
    receiver.happen()
    work()
    assert receiver.requests == []
    with db.transaction():
        users.register_partner("movies", "Movies", [SCOPE])
    work()
    assert len(receiver.requests) == 1, "what had been recorded before is sent"


def test_webhooks_are_few_and_wrong_ones_are_refused(new: Receiver, settings: Settings) -> None:
    partner_id = new.partner.id
    with pytest.raises(Conflict), db.transaction():
        for _ in range(registry.MOST_WEBHOOKS):
            users.add_webhook(partner_id, "https://hooks.example.org/", EVENTS)
    config.use(settings)
    for address, events, code in (
        ("https://a b/", EVENTS, "webhook.address"),
        ("http://hooks.example.org/", EVENTS, "webhook.address_scheme"),
        ("https://127.0.0.1/", EVENTS, "webhook.address_host"),
        ("https://hooks.example.org:25/", EVENTS, "webhook.address_port"),
        ("https://hooks.example.org/", [], "webhook.events"),
        ("https://hooks.example.org/", ["order.lost"], "webhook.events"),
    ):
        with pytest.raises(Invalid) as raised, db.transaction():
            users.add_webhook(partner_id, address, events)
        assert raised.value.code == code
    with db.reading(), pytest.raises(NotFound):
        users.webhook(new.id, partner_id + 1)
    with db.transaction():
        users.remove_webhook(new.id)
        assert users.webhooks_of() == []


def test_answers_are_kept_short_and_masked_and_old_deliveries_are_deleted(receiver: Receiver) -> None:
    receiver.server.answers = [(400, {}, b"\x00no <b>ana@example.org</b>\n" + b"x" * 900)]
    receiver.happen()
    work()
    (delivery,) = receiver.deliveries()
    (attempt,) = receiver.attempts(delivery)
    assert "ana@" not in attempt.answer
    assert "\n" not in attempt.answer
    assert attempt.answer.startswith(" no <b>")
    assert len(attempt.answer) == sending.MOST_KEPT
    deliveries.delete_old_deliveries()
    assert receiver.deliveries()
    pass_time(days=31)
    deliveries.delete_old_deliveries()
    assert receiver.deliveries() == []


def test_the_commands(receiver: Receiver, app: Flask) -> None:
    register(app)
    cli = app.test_cli_runner()

    def webhooks(*words: str, status: int = 0) -> str:
        answer = cli.invoke(args=["webhooks", *words])
        assert answer.exit_code == status, answer.output
        return answer.output

    made = webhooks("add", "movies", "https://hooks.example.org/in", "--event", ORDER_PAID)
    assert "whsec_" in made
    added = made.split()[1]
    assert f"{added}  movies  https://hooks.example.org/in  unverified\n" in webhooks()
    assert f"events         {ORDER_PAID}\n" in webhooks("show", added)
    assert webhooks("pause", added) == f"{added} is paused (cinema)\n"
    assert webhooks("resume", added) == f"{added} is unverified\n"
    assert webhooks("rotate", added).startswith("secret   whsec_")
    assert webhooks("remove", added) == f"{added} is removed\n"
    assert "2 webhooks" not in webhooks("list")

    receiver.answer(500)
    receiver.happen()
    work()
    (delivery,) = receiver.deliveries()
    logged = webhooks("deliveries", str(receiver.id), "--state", "pending")
    assert f"{delivery.event_id}  {ORDER_PAID}" in logged
    assert "  500  " in logged
    assert "said no" in logged
    assert webhooks("replay", str(receiver.id), "--delivery", str(delivery.event_id)) == "1 sent again\n"
    times = ("--since", "2026-01-01T00:00:00", "--until", "2999-01-01T00:00:00")
    assert webhooks("replay", str(receiver.id), *times) == "1 sent again\n"
    turned = ("--since", "2026-01-02", "--until", "2026-01-01")
    assert "the end must be later" in webhooks("replay", str(receiver.id), *turned, status=1)
    assert "https:// only" in webhooks("add", "movies", "http://hooks.example.org/", status=1)
