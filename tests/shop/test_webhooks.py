"""The webhooks of providers: signed hints are stored and get 200; all others change nothing."""

from __future__ import annotations

import logging

import pytest
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


def sign(body: bytes) -> dict[str, str]:
    return {SIGNATURE: payments.sandbox()._signature(body)}


@pytest.mark.parametrize(
    "body",
    [
        b"x",
        b"{}",
        b"[]",
        b'{"charges": "c1"}',
        b'{"charges": {"c1": 1}}',
        b'{"charges": [1]}',
        b'{"charges": [null]}',
        b'{"charges": ["c1"], "charges": ["c2"]}',
        b'{"charges": ["c1"], "at": NaN}',
        b'{"charges": ["c1"], "amount": ' + b"9" * 5_000 + b"}",
        b'{"charges": ["c1", "c\\u0000"]}',
        b'{"charges": ["c1", "\\ud800"]}',
        b'{"charges": ["c1", "\xed\xa0\x80"]}',
        b'{"charges": ' + b"[" * 30_000 + b"]" * 30_000 + b"}",
    ],
)
def test_a_signed_malformed_webhook_is_refused(
    client: FlaskClient, body: bytes, caplog: pytest.LogCaptureFixture
) -> None:
    answer = client.post("/webhooks/sandbox", data=body, headers=sign(body))
    assert answer.status_code == 422
    assert hints() == 0
    said = [record for record in caplog.records if record.levelno >= logging.WARNING]
    assert [record.getMessage() for record in said] == ["webhook unreadable"]


def test_a_charge_named_twice_is_one_hint(client: FlaskClient) -> None:
    body = b'{"charges": ["c1", "c2", "c1"]}'
    assert client.post("/webhooks/sandbox", data=body, headers=sign(body)).status_code == 200
    assert hints() == 2


@pytest.mark.parametrize("appended", ["/", "/pix", "/pix/", "//pix"])
def test_the_suffix_of_the_central_banks_api_is_accepted(client: FlaskClient, appended: str) -> None:
    sent = payments.sandbox().notification("some-charge")
    answer = client.post(f"/webhooks/sandbox{appended}", data=sent.body, headers=sent.headers)
    assert answer.status_code == 200
    assert hints() == 1
    assert client.post(f"/webhooks/sandbox{appended}", data=sent.body).status_code == 403


@pytest.mark.parametrize("appended", ["/pix/x", "/cob", "x"])
def test_another_suffix_is_not_found(client: FlaskClient, appended: str) -> None:
    sent = payments.sandbox().notification("some-charge")
    answer = client.post(f"/webhooks/sandbox{appended}", data=sent.body, headers=sent.headers)
    assert (answer.status_code, hints()) == (404, 0)


def test_another_provider_is_not_found(client: FlaskClient) -> None:
    assert client.post("/webhooks/nobody", data=b"{}").status_code == 404


def test_a_large_body_is_not_read(client: FlaskClient) -> None:
    assert client.post("/webhooks/sandbox", data=b"x" * 70_000).status_code == 413


def test_a_get_changes_nothing(client: FlaskClient) -> None:
    assert client.get("/webhooks/sandbox").status_code == 405
