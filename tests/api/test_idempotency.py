"""The header Idempotency-Key: a repeat gets the first answer, and acts once."""

from __future__ import annotations

import hashlib
import threading
import uuid

import pytest
from flask import Flask
from sqlalchemy import text
from werkzeug.test import TestResponse

from app.core import db, idempotency
from app.core.idempotency import Answer, Lease, OtherRequest, StillRunning
from tests.api.buyer import Buyer, free_seats

KEY = "a-key-of-a-partner"


def orders_in_all() -> int:
    with db.reading() as session:
        return int(session.execute(text("select count(*) from orders.orders")).scalar_one())


def test_a_repeat_gets_the_first_answer(buyer: Buyer) -> None:
    screening, free = free_seats()
    body = {"screening": screening, "seats": free[:2]}
    first, again = (buyer.post("/orders", body, key=KEY) for _ in range(2))
    assert (first.status_code, again.status_code) == (201, 201)
    assert first.get_json() == again.get_json()
    assert first.headers["Location"] == again.headers["Location"]
    assert orders_in_all() == 1


def test_the_key_of_another_request_is_refused(buyer: Buyer) -> None:
    screening, free = free_seats()
    assert buyer.post("/orders", {"screening": screening, "seats": free[:1]}, key=KEY).status_code == 201
    answer = buyer.post("/orders", {"screening": screening, "seats": free[1:2]}, key=KEY)
    assert (answer.status_code, answer.get_json()["code"]) == (422, "idempotency.other_request")


def test_a_refused_request_can_be_corrected_with_its_key(buyer: Buyer) -> None:
    screening, free = free_seats()
    assert buyer.post("/orders", {"screening": screening, "seats": []}, key=KEY).status_code == 422
    assert buyer.post("/orders", {"screening": screening, "seats": free[:1]}, key=KEY).status_code == 201


@pytest.mark.parametrize("key", ["", "short", "k" * 201, "a key with spaces", "chave-com-acentuação"])
def test_a_key_that_is_none_is_refused(buyer: Buyer, key: str) -> None:
    screening, free = free_seats()
    headers = {"Idempotency-Key": key} if key else {}
    answer = buyer.client.post(
        "/api/v1/orders", json={"screening": screening, "seats": free[:1]}, headers=headers
    )
    assert (answer.status_code, answer.get_json()["code"]) == (422, "idempotency.key")


def test_a_repeat_while_the_first_runs_is_told_to_wait(buyer: Buyer) -> None:
    screening, free = free_seats()
    body = {"screening": screening, "seats": free[:1]}
    assert isinstance(idempotency.begin(f"POST /api/v1/orders {KEY}", _hash(buyer, body)), Lease)
    answer = buyer.post("/orders", body, key=KEY)
    assert (answer.status_code, answer.get_json()["code"]) == (409, "idempotency.running")
    assert 1 <= int(answer.headers["Retry-After"]) <= idempotency.LEASE_SECONDS


def _hash(buyer: Buyer, body: object) -> str:
    """The hash by which the API knows this body."""
    return hashlib.sha256(buyer.client.application.json.dumps(body).encode()).hexdigest()


def test_a_crash_frees_the_key(database: str) -> None:
    assert isinstance(idempotency.begin(KEY, "body"), Lease)
    with pytest.raises(StillRunning):
        idempotency.begin(KEY, "body")
    expire_leases()
    with pytest.raises(OtherRequest):
        idempotency.begin(KEY, "another body")
    assert isinstance(idempotency.begin(KEY, "body"), Lease)


def test_a_request_that_lost_its_lease_commits_nothing(database: str) -> None:
    first = idempotency.begin(KEY, "body")
    expire_leases()
    second = idempotency.begin(KEY, "body")
    assert isinstance(first, Lease)
    assert isinstance(second, Lease)
    answer = Answer(200, "application/json", None, b"{}")
    with pytest.raises(idempotency.LeaseOver), db.transaction() as session:
        session.execute(text("create table core.effect ()"))
        idempotency.finish(first, answer)
    with db.transaction():
        idempotency.finish(second, answer)
    assert idempotency.begin(KEY, "body") == answer
    with db.reading() as session:
        assert session.execute(text("select to_regclass('core.effect')")).scalar() is None


def test_old_keys_are_deleted_and_may_be_used_again(database: str) -> None:
    lease = idempotency.begin(KEY, "body")
    assert isinstance(lease, Lease)
    with db.transaction() as session:
        idempotency.finish(lease, Answer(200, "application/json", None, b"{}"))
        session.execute(
            text("update core.idempotency_keys set created_at = created_at - interval '25 hours'")
        )
    assert isinstance(idempotency.begin(KEY, "another body"), Lease)
    with db.transaction() as session:
        session.execute(
            text("update core.idempotency_keys set created_at = created_at - interval '25 hours'")
        )
        assert idempotency.delete_old() == 1


def test_many_repeats_at_once_make_one_order(app: Flask, demo: str) -> None:
    screening, free = free_seats()
    body = {"screening": screening, "seats": free[:2]}
    answers: list[TestResponse] = []

    def send() -> None:
        answers.append(Buyer(app.test_client()).post("/orders", body, key=KEY))

    threads = [threading.Thread(target=send) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert {answer.status_code for answer in answers} <= {201, 409}
    assert len({answer.get_json()["token"] for answer in answers if answer.status_code == 201}) == 1
    assert orders_in_all() == 1


def test_control_other_keys_make_further_orders(buyer: Buyer) -> None:
    screening, _ = free_seats()
    for _ in range(2):
        body = {"screening": screening, "quantity": 1}
        assert buyer.post("/orders", body, key=str(uuid.uuid4())).status_code == 201
    assert orders_in_all() == 2


def expire_leases() -> None:
    with db.transaction() as session:
        session.execute(
            text("update core.idempotency_keys set leased_until = clock_timestamp() - interval '1 s'")
        )
