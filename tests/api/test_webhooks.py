"""The webhooks of a partner over the API: added, paused, rotated, deleted; their deliveries read and replayed."""

from __future__ import annotations

import uuid
from collections.abc import Iterator
from typing import Any

import pytest
from flask.testing import FlaskClient
from sqlalchemy import text

from app.core import config, db
from tests.adapters.identity_provider import Provider
from tests.api.buyer import BASE
from tests.api.token_holder import Holder, partner, register
from tests.users.webhook_receiver import SCOPE, Receiver, receiving, work

ADDRESS = "https://hooks.example.org/in"
NEW = {"address": ADDRESS, "events": ["order.paid"]}


@pytest.fixture
def movies(client: FlaskClient, provider: Provider) -> Holder:
    """A partner's system with the scope of webhooks."""
    register(scopes=(SCOPE,))
    return partner(client, provider, scope=SCOPE)


@pytest.fixture
def receiver(movies: Holder) -> Iterator[Receiver]:
    """An active webhook of the same partner."""
    config.use(config.settings().changed(webhooks={"loopback": True}))
    with receiving() as found:
        found.activate()
        yield found


def act(holder: Holder, path: str, body: object = None, *, status: int, key: str = "") -> Any:
    answer = holder.client.post(
        f"{BASE}/webhooks{path}",
        json=body,
        headers=holder.headers | {"Idempotency-Key": key or str(uuid.uuid4())},
    )
    assert answer.status_code == status, answer.text
    return answer.get_json()


def read(holder: Holder, path: str = "", *, status: int = 200) -> Any:
    answer = holder.get(f"/webhooks{path}")
    assert answer.status_code == status, answer.text
    return answer.get_json()


def test_a_webhook_is_added_changed_and_deleted(movies: Holder) -> None:
    made = act(movies, "", NEW, status=201)
    secret = made.pop("secret")
    assert secret.startswith("whsec_")
    assert (made["state"], made["reason"], made["events"]) == ("unverified", "", ["order.paid"])
    assert read(movies)["items"] == [made]
    assert read(movies, f"/{made['id']}") == made
    address = f"{BASE}/webhooks/{made['id']}"
    changed = movies.client.put(
        address, json={"events": ["order.refunded"], "paused": True}, headers=movies.headers
    ).get_json()
    assert (changed["state"], changed["reason"], changed["events"]) == (
        "paused",
        "partner",
        ["order.refunded"],
    )
    again = movies.client.put(
        address, json={"events": ["order.refunded"], "paused": False}, headers=movies.headers
    ).get_json()
    assert (again["state"], again["reason"]) == ("unverified", "")
    assert movies.delete(f"/webhooks/{made['id']}").status_code == 204
    assert movies.delete(f"/webhooks/{made['id']}").status_code == 404


def test_a_secret_is_shown_once_and_stored_nowhere(movies: Holder) -> None:
    made = act(movies, "", NEW, status=201, key="a-key-of-movies-1")
    again = act(movies, "", NEW, status=201, key="a-key-of-movies-1")
    assert again == made | {"secret": None}
    rotated = act(movies, f"/{made['id']}/secrets", status=201)
    assert rotated["secret"] not in (None, made["secret"])
    assert rotated["former_secret_until"] is not None
    with db.reading() as session:
        for table in ("users.webhooks", "core.idempotency_keys", "core.outbox"):
            rows = str(session.execute(text(f"select t::text from {table} t")).all())
            assert made["secret"] not in rows
            assert rotated["secret"] not in rows


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"address": "http://hooks.example.org/in"}, "webhook.address_scheme"),
        ({"address": "https://169.254.169.254/"}, "webhook.address_host"),
        ({"address": "https://hooks.example.org:6379/"}, "webhook.address_port"),
        ({"address": "https://user@hooks.example.org/"}, "webhook.address"),
        ({"events": ["order.lost"]}, "arguments"),
        ({"events": []}, "arguments"),
    ],
)
def test_wrong_webhooks_are_refused(movies: Holder, change: dict[str, Any], code: str) -> None:
    assert act(movies, "", NEW | change, status=422)["code"] == code
    assert read(movies)["items"] == []


def test_a_partner_has_a_few_webhooks(movies: Holder) -> None:
    for _ in range(5):
        act(movies, "", NEW, status=201)
    assert act(movies, "", NEW, status=409)["code"] == "webhook.too_many"


def test_the_log_is_read_in_pages_and_events_are_replayed(movies: Holder, receiver: Receiver) -> None:
    receiver.answer(500)
    for number in range(3):
        receiver.happen(number)
    work()
    path = f"/{receiver.id}/deliveries"
    first = read(movies, f"{path}?limit=3")
    second = read(movies, f"{path}?limit=3&cursor={first['next']}")
    assert [one["event"] for one in first["items"] + second["items"]] == ["order.paid"] * 3 + ["webhook.ping"]
    assert second["next"] is None
    (waiting,) = read(movies, f"{path}?state=pending")["items"]
    assert (waiting["attempts"], waiting["ended_at"]) == (1, None)
    found = read(movies, f"{path}/{waiting['id']}")
    assert found["body"].startswith('{"type":"order.paid"')
    assert [(one["status"], one["answer"]) for one in found["log"]] == [(500, "said no")]

    assert act(movies, f"{path}/{waiting['id']}/replay", status=202) == {"replayed": 1}
    times = {"since": second["items"][0]["happened_at"], "until": "2999-01-01T00:00:00Z"}
    assert act(movies, f"/{receiver.id}/replays", times, status=202) == {"replayed": 3}
    receiver.requests.clear()
    work()
    assert {one for _, one in receiver.events()} == {one["id"] for one in first["items"]}
    turned = {"since": times["until"], "until": times["since"]}
    assert act(movies, f"/{receiver.id}/replays", turned, status=422)["code"] == "webhook.range"
    for cursor in ("x", "WzFd", "WyJhIiwiYiJd", "WzFlOTksImEiXQ"):
        assert read(movies, f"{path}?cursor={cursor}", status=422)["code"] == "cursor.unknown"


def test_webhooks_of_others_do_not_exist(movies: Holder, client: FlaskClient, provider: Provider) -> None:
    register("others", scopes=(SCOPE,))
    others = partner(client, provider, "others", scope=SCOPE)
    made = act(movies, "", NEW, status=201)
    assert read(others)["items"] == []
    times = {"since": "2026-01-01T00:00:00Z", "until": "2026-01-02T00:00:00Z"}
    for path in (f"/{made['id']}", f"/{made['id']}/deliveries", f"/{made['id']}/deliveries/{uuid.uuid4()}"):
        read(others, path, status=404)
    act(others, f"/{made['id']}/secrets", status=404)
    act(others, f"/{made['id']}/replays", times, status=404)
    act(others, f"/{made['id']}/deliveries/{uuid.uuid4()}/replay", status=404)
    read(movies, f"/{made['id']}/deliveries/{uuid.uuid4()}", status=404)
    register(scopes=("bilheteria/orders.write",))
    assert read(movies, status=403)["code"] == "token.scope"
