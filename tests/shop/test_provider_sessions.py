"""Hosted sessions end when the provider says so: a person signed out or blocked there, a group taken away."""

from __future__ import annotations

import pytest
from flask import Flask
from sqlalchemy import text

from app.core import config, db
from app.core.config import Settings
from app.users import handlers, provider_sessions
from tests.oidc_provider import HostedPages
from tests.shop.visitor import Visitor

pytestmark = pytest.mark.usefixtures("hosted")


def sign_in(app: Flask, pages: HostedPages, person: str) -> Visitor:
    browser = Visitor(app)
    begun = browser.get("/account/sign-in/provider").location
    answer = browser.client.get("/account/sign-in/callback", query_string=pages.sign_in(begun, person))
    assert answer.status_code == 303
    return browser


def pass_minutes(minutes: int) -> None:
    """Let the sessions become due that are due in so many minutes, and ask the provider."""
    with db.transaction() as session:
        session.execute(
            text("update users.provider_sessions set due_at = due_at - make_interval(mins => :minutes)"),
            {"minutes": minutes},
        )
    handlers.ask_identity_provider()


def kept() -> list[bytes]:
    with db.reading() as session:
        found = session.execute(text("select sealed_token from users.provider_sessions order by due_at"))
        return [bytes(one) for one in found.scalars()]


def test_a_group_that_was_taken_away_counts_within_minutes(app: Flask, pages: HostedPages) -> None:
    gil = sign_in(app, pages, "gil")
    pages.change("gil", groups=["staff"])
    try:
        pass_minutes(provider_sessions.STAFF_MINUTES - 1)
        assert gil.get("/staff/devices").status_code == 200, "not due yet"
        pass_minutes(1)
        assert gil.get("/staff/devices").status_code == 403
        assert gil.get("/staff/scan").status_code == 200, "and still signed in"
        assert len(kept()) == 1
    finally:
        pages.change("gil")


def test_a_sign_out_everywhere_at_the_provider_ends_all_sessions(app: Flask, pages: HostedPages) -> None:
    laptop, phone, ana = (sign_in(app, pages, name) for name in ("gil", "gil", "ana"))
    pages.revoke("gil")
    with db.transaction() as session:  # one of the two is due
        session.execute(
            text(
                "update users.provider_sessions set due_at = clock_timestamp() - interval '1 second'"
                " where key = (select min(p.key) from users.provider_sessions p where subject = 'gil')"
            )
        )
    handlers.ask_identity_provider()
    handlers.ask_identity_provider()
    assert [one.get("/account").status_code for one in (laptop, phone, ana)] == [303, 303, 200]
    assert len(kept()) == 1


def test_customers_are_asked_about_once_a_day(app: Flask, pages: HostedPages) -> None:
    ana = sign_in(app, pages, "ana")
    pages.revoke("ana")
    pass_minutes(provider_sessions.CUSTOMER_HOURS * 60 - 5)
    assert ana.get("/account").status_code == 200
    pass_minutes(5)
    assert ana.get("/account").status_code == 303


def test_while_the_provider_is_away_or_refuses_us_sessions_stay(
    app: Flask, pages: HostedPages, settings: Settings
) -> None:
    gil = sign_in(app, pages, "gil")
    with_wrong_secret = pages.identity(client_key="another secret")
    away = pages.identity() | {"discovery": "http://127.0.0.1:9/", "client_key": "is away"}
    for identity in (with_wrong_secret, away):
        config.use(settings.changed(identity=identity))
        pass_minutes(60)
        assert gil.get("/staff/devices").status_code == 200
    config.use(settings.changed(identity=pages.identity()))
    pages.revoke("gil")
    pass_minutes(60)
    assert gil.get("/staff/devices").status_code == 303, "it is asked again"


def test_a_sign_out_revokes_the_token_which_is_stored_sealed(app: Flask, pages: HostedPages) -> None:
    gil = sign_in(app, pages, "gil")
    tokens = pages.refresh_tokens("gil")
    (stored,) = kept()
    assert tokens
    assert not [token for token in tokens if token.encode() in stored]
    gil.post("/account/sign-out")
    handlers.ask_identity_provider()
    assert kept() == []
    assert len(pages.refresh_tokens("gil")) == len(tokens) - 1


def test_a_session_of_a_former_provider_ends(app: Flask, pages: HostedPages, settings: Settings) -> None:
    gil = sign_in(app, pages, "gil")
    with db.transaction() as session:
        session.execute(text("update users.provider_sessions set issuer = 'https://former.example'"))
    pass_minutes(60)
    assert gil.get("/account").status_code == 303
