"""The providers' door: signed hints are stored and answered 200, everything else leaves nothing behind."""

from __future__ import annotations

from flask.testing import FlaskClient
from sqlalchemy import text

from app.adapters.psp.sandbox import SIGNATURE
from app.core import db
from app.payments import service as payments


def hints() -> int:
    with db.reading() as current:
        return int(current.execute(text("select count(*) from payments.hints")).scalar_one())


def test_a_signed_webhook_needs_no_csrf_token(client: FlaskClient) -> None:
    sent = payments.sandbox().notification("some-charge")
    answer = client.post("/webhooks/sandbox", data=sent.body, headers=sent.headers)
    assert answer.status_code == 200
    assert hints() == 1


def test_a_forged_webhook_is_refused(client: FlaskClient) -> None:
    sent = payments.sandbox().notification("some-charge")
    for headers in ({}, {SIGNATURE: "0" * 64}, {SIGNATURE: sent.headers[SIGNATURE][:-1]}):
        assert client.post("/webhooks/sandbox", data=sent.body, headers=headers).status_code == 403
    assert hints() == 0


def test_signed_nonsense_is_unreadable(client: FlaskClient) -> None:
    signature = payments.sandbox()._signature(b"x")
    answer = client.post("/webhooks/sandbox", data=b"x", headers={SIGNATURE: signature})
    assert answer.status_code == 422


def test_another_provider_is_not_found(client: FlaskClient) -> None:
    assert client.post("/webhooks/nobody", data=b"{}").status_code == 404


def test_a_large_body_is_not_read(client: FlaskClient) -> None:
    assert client.post("/webhooks/sandbox", data=b"x" * 70_000).status_code == 413


def test_a_get_changes_nothing(client: FlaskClient) -> None:
    assert client.get("/webhooks/sandbox").status_code == 405
