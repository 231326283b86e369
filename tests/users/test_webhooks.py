"""Webhooks of partners: verified by a ping, signed, in the log, few; their secrets and commands."""

from __future__ import annotations

import json

import pytest
from flask import Flask

from app.cli import register
from app.core import config, db
from app.core.config import Settings
from app.core.errors import Conflict, Invalid, NotFound
from app.core.partner_events import EVENTS, ORDER_PAID
from app.users import service as users
from app.users.webhooks import deliveries, registry, sending
from tests.users.webhook_receiver import SCOPE, Receiver, pass_time, work


def test_a_ping_verifies_the_receiver_and_events_wait_for_it(new_receiver: Receiver) -> None:
    new_receiver.answer(500)
    new_receiver.happen()
    work()
    assert [kind for kind, _ in new_receiver.events()] == ["webhook.ping"]
    assert new_receiver.webhook.state == "unverified"
    pass_time(minutes=1)
    work()
    assert [kind for kind, _ in new_receiver.events()] == ["webhook.ping"] * 2 + [ORDER_PAID]
    assert new_receiver.webhook.state == "active"


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


def test_webhooks_are_few_and_wrong_ones_are_refused(new_receiver: Receiver, settings: Settings) -> None:
    partner_id = new_receiver.partner.id
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
        users.webhook(new_receiver.id, partner_id + 1)
    with db.transaction():
        users.remove_webhook(new_receiver.id)
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
