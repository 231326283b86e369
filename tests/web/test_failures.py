"""Error pages and log lines after failures: a sentence for the visitor, and no order token in the log."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import replace

import pytest
from flask import Flask
from flask.testing import FlaskClient

from app import create_app
from app.adapters.postgres_limits import page_limits
from app.core import db
from app.core.config import Settings
from tests.users.account_data import begin_session, make_account

TOKEN = "Kx3vQ9-an-orders-token"


@pytest.fixture
def own_app(database: str, settings: Settings) -> Iterator[Flask]:
    """The application as in production: it answers errors instead of raising them."""
    yield create_app(settings.changed(process={"testing": False}))
    db.connect(database, pool_size=settings.database.pool_size)


@pytest.fixture
def without_database(own_app: Flask, database: str) -> FlaskClient:
    """The client of a signed-in visitor; the database is unreachable."""
    user = make_account()
    client = own_app.test_client()
    with client.session_transaction() as session:
        session["_user_id"] = begin_session(user)
    db.connect(f"{database}_that_does_not_exist")
    return client


@pytest.mark.parametrize(
    ("address", "status"),
    [
        (f"/orders/{TOKEN}", 503),
        (f"/orders/{TOKEN}/tickets.pdf", 503),
        (f"/account/reset/{TOKEN}", 503),
        ("/account/orders", 503),
        ("/account", 503),
        ("/", 503),
        ("/readyz", 503),
        ("/healthz", 200),
        (f"/nowhere/{TOKEN}", 503),
        ("/api/v1/films", 503),
        (f"/api/v1/orders/{TOKEN}", 503),
    ],
)
def test_pages_without_a_database_answer_503_and_log_no_token(
    without_database: FlaskClient, caplog: pytest.LogCaptureFixture, address: str, status: int
) -> None:
    with caplog.at_level(logging.DEBUG):
        answer = without_database.get(address, headers={"Accept-Language": "en"})
    assert answer.status_code == status
    if answer.mimetype == "text/html":
        assert "Nothing was charged twice" in answer.text
        assert int(answer.headers["Retry-After"]) > 0
        assert answer.headers["Content-Security-Policy"]
    if address.startswith("/api/"):
        assert answer.mimetype == "application/problem+json"
        assert answer.get_json()["code"] == "service_unavailable"
        assert int(answer.headers["Retry-After"]) > 0
    logged = "\n".join(logging.Formatter().format(record) for record in caplog.records)
    assert TOKEN not in logged


@pytest.mark.parametrize("address", ["/account/orders", "/api/v1/films", "/readyz"])
def test_a_used_up_pool_answers_503_within_the_limit_and_recovers(
    own_app: Flask, database: str, address: str
) -> None:
    """The limits are shorter than those of a real process, whose pages answer within three seconds."""
    limits = replace(page_limits(2), pool=0.2)
    engine = db.connect(database, limits=limits, pool_size=2)
    client = own_app.test_client()
    with client.session_transaction() as session:
        session["_user_id"] = begin_session(make_account())
    with ExitStack() as others:
        for _ in range(2):
            others.enter_context(engine.connect())
            others.enter_context(db.autocommit_connection())
        answer = client.get(address)
        assert answer.status_code == 503
        assert address == "/readyz" or int(answer.headers["Retry-After"]) > 0
    assert client.get(address).status_code == 200


def _divide_by_zero(token: str) -> str:
    return str(1 / (len(token) - len(token)))


def test_an_unexpected_error_answers_500_and_is_logged_by_route(
    own_app: Flask, caplog: pytest.LogCaptureFixture
) -> None:
    own_app.add_url_rule("/broken/<token>", "broken", _divide_by_zero)
    answer = own_app.test_client().get(f"/broken/{TOKEN}", headers={"Accept-Language": "en"})
    assert answer.status_code == 500
    assert "Reel out of place" in answer.text
    (failed,) = [record for record in caplog.records if record.levelno == logging.ERROR]
    assert failed.exc_info
    assert vars(failed)["route"] == "/broken/<token>"
    assert TOKEN not in logging.Formatter().format(failed)


@pytest.mark.parametrize(
    ("form", "page"),
    [
        ("/account/name", "/account"),
        ("/account/password?x=1", "/account"),
        ("/orders/a-token/mails", "/orders/a-token"),
        ("/orders/a%20b/reseat", "/orders/a%20b"),
        ("/screenings/7/orders", "/screenings/7"),
        ("/requests/a-token/orders", "/requests/a-token"),
        ("/staff/admissions", "/staff/scan"),
    ],
)
def test_opening_the_address_of_a_form_redirects_to_its_page(
    client: FlaskClient, form: str, page: str
) -> None:
    """After a form with errors, switching the language opens the address of the form."""
    answer = client.get(form)
    assert (answer.status_code, answer.location) == (303, page)
    assert client.put(form).status_code == 405


def test_a_form_address_without_a_page_answers_405(client: FlaskClient) -> None:
    answer = client.get("/language", headers={"Accept-Language": "en"})
    assert (answer.status_code, "POST" in answer.headers["Allow"]) == (405, True)
    assert "only takes forms" in answer.text
