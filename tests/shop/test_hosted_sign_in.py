"""Hosted sign-in: the pages of an identity provider sign people in, and our pages ask for no password."""

from __future__ import annotations

from datetime import timedelta
from urllib.parse import parse_qs, urlsplit

import pytest
from flask import Flask
from werkzeug.test import TestResponse

from app.core import config, db
from app.core.actor import Actor
from app.core.config import Settings
from app.events import service as events
from app.users import service as users
from app.users.service import WrongPassword
from tests.oidc_provider import CLIENT_ID, CLIENT_KEY, PUBLIC_CLIENT_ID, HostedPages
from tests.reservations.auditoriums import make_screening
from tests.shop.visitor import Visitor, order_at
from tests.users.account_data import PASSWORD, is_signed_in, make_account

START, CALLBACK = "/account/sign-in/provider", "/account/sign-in/callback"


pytestmark = pytest.mark.usefixtures("hosted")


def begin(visitor: Visitor, next_address: str = "") -> str:
    """Begin a sign-in; returns the address of the provider's page."""
    answer = visitor.client.get(START, query_string={"next": next_address})
    assert answer.status_code == 303, answer.text
    return answer.location


def bring(visitor: Visitor, arguments: dict[str, str]) -> TestResponse:
    """The visitor's browser brings the provider's answer."""
    return visitor.client.get(CALLBACK, query_string=arguments, headers={"Accept-Language": "en"})


def sign_in(
    visitor: Visitor, pages: HostedPages, person: str = "ana", next_address: str = ""
) -> TestResponse:
    return bring(visitor, pages.sign_in(begin(visitor, next_address), person))


def session_key(visitor: Visitor) -> str:
    with visitor.client.session_transaction() as session:
        return str(session.get("_user_id", ""))


def test_the_sign_in_leads_to_the_provider_and_back(ana: Visitor, pages: HostedPages) -> None:
    page = ana.get("/account/sign-in?next=/account/orders?x%3D1").text
    assert f'href="{START}?next=/account/orders%3Fx%3D1"' in page
    assert 'type="password"' not in page
    address = begin(ana, "/account/orders?x=1")
    asked = parse_qs(urlsplit(address).query)
    assert asked["redirect_uri"] == [f"http://localhost{CALLBACK}"]
    assert asked["code_challenge_method"] == ["S256"]
    assert {"state", "nonce", "code_challenge"} <= asked.keys()
    answer = bring(ana, pages.sign_in(address, "ana"))
    assert (answer.status_code, answer.location) == (303, "/account/orders?x=1")
    account = ana.get("/account").text
    assert "ana@example.org" in account
    assert 'type="password"' not in account


@pytest.mark.parametrize(
    ("client_id", "client_key", "status"),
    [
        (PUBLIC_CLIENT_ID, "", 303),
        (PUBLIC_CLIENT_ID, CLIENT_KEY, 400),
        (CLIENT_ID, "another secret", 400),
        (CLIENT_ID, "", 400),
    ],
)
def test_a_client_without_a_secret_works_and_a_wrong_secret_does_not(
    ana: Visitor, pages: HostedPages, settings: Settings, client_id: str, client_key: str, status: int
) -> None:
    config.use(settings.changed(identity=pages.identity(client_id, client_key)))
    assert sign_in(ana, pages).status_code == status


def test_a_new_session_that_keeps_the_basket(ana: Visitor, pages: HostedPages) -> None:
    path = ana.start(make_screening("oooo"), "A1")
    with ana.client.session_transaction() as session:
        session["planted"], before = "by somebody else", session["visitor"]
    sign_in(ana, pages)
    with ana.client.session_transaction() as session:
        assert "planted" not in session
        assert session["visitor"] != before
    assert ana.get(f"{path}/types").status_code == 200
    assert order_at(path).visitor != before


@pytest.mark.parametrize(
    "address", ["https://evil.example/", "//evil.example", "/\\evil.example", "/x" * 300]
)
def test_only_own_and_short_addresses_are_next(ana: Visitor, pages: HostedPages, address: str) -> None:
    assert sign_in(ana, pages, next_address=address).location == "/account/orders"


def test_the_groups_give_the_role_at_each_sign_in(ana: Visitor, app: Flask, pages: HostedPages) -> None:
    def role() -> str:
        with db.reading():
            return users.account_of_subject(pages.address, "gil").role

    sign_in(ana, pages, "gil")
    assert role() == "manager"
    assert ana.get("/staff/devices").status_code == 200
    pages.change("gil", groups=["staff"])
    assert sign_in(Visitor(app), pages, "gil").location == "/staff/scan"
    assert role() == "door"
    pages.change("gil", groups=[])
    sign_in(Visitor(app), pages, "gil")
    assert role() == "customer"
    assert ana.get("/staff/devices").status_code == 403, "in a session that began before, too"
    pages.change("gil")


def test_an_email_that_is_not_verified_joins_nothing(ana: Visitor, pages: HostedPages) -> None:
    make_account("bia@example.org")
    answer = sign_in(ana, pages, "bia")
    assert answer.status_code == 403
    assert "Your e-mail is not confirmed there yet." in answer.text
    assert ana.get("/account").status_code == 303


def test_the_password_of_an_unverified_account_ends(ana: Visitor, pages: HostedPages) -> None:
    make_account("ana@example.org", verified=False)
    assert sign_in(ana, pages).status_code == 303
    with pytest.raises(WrongPassword), db.transaction():
        users.sign_in("ana@example.org", PASSWORD, Actor())


def test_an_answer_for_another_browser_is_refused(ana: Visitor, app: Flask, pages: HostedPages) -> None:
    """Somebody could make a victim use the attacker's account, by a link with the attacker's answer."""
    arguments = pages.sign_in(begin(ana), "ana")
    answer = bring(Visitor(app), arguments)
    assert answer.status_code == 400
    assert "began in another browser" in answer.text
    assert bring(ana, {**arguments, "state": "x"}).status_code == 400
    assert bring(ana, arguments).status_code == 303


def test_an_answer_counts_once(ana: Visitor, pages: HostedPages) -> None:
    arguments = pages.sign_in(begin(ana), "ana")
    assert bring(ana, arguments).status_code == 303
    assert bring(ana, arguments).location == "/account/orders", "the same person loaded the page again"


def test_several_tabs_may_sign_in(ana: Visitor, pages: HostedPages) -> None:
    first, second = begin(ana, "/account"), begin(ana)
    assert bring(ana, pages.sign_in(first, "ana")).location == "/account"
    assert bring(ana, pages.sign_in(second, "ana")).location == "/account/orders"


@pytest.mark.parametrize(
    "arguments", [{"error": "access_denied"}, {"code": ""}, {"code": "forged"}, {"code": "x" * 4000}]
)
def test_a_sign_in_that_was_not_completed(
    ana: Visitor, pages: HostedPages, arguments: dict[str, str]
) -> None:
    state = parse_qs(urlsplit(begin(ana, "/account")).query)["state"][0]
    answer = bring(ana, {"state": state, **arguments})
    assert answer.status_code == 400
    assert "The sign-in was not completed." in answer.text
    assert 'href="/account/sign-in?next=/account"' in answer.text


def test_the_code_of_another_sign_in_is_refused(ana: Visitor, app: Flask, pages: HostedPages) -> None:
    """The nonce of the ID token is that of the sign-in which asked for it."""
    other = pages.sign_in(begin(Visitor(app)), "gil")
    state = parse_qs(urlsplit(begin(ana)).query)["state"][0]
    assert bring(ana, {"code": other["code"], "state": state}).status_code == 400
    assert not session_key(ana)


@pytest.mark.parametrize(("minutes", "status"), [(0, 303), (-15, 400), (75, 400)])
def test_the_database_s_clock_counts(
    ana: Visitor, pages: HostedPages, monkeypatch: pytest.MonkeyPatch, minutes: int, status: int
) -> None:
    with db.reading():
        now = events.now()
    monkeypatch.setattr(events, "now", lambda: now + timedelta(minutes=minutes))
    assert sign_in(ana, pages).status_code == status


def test_while_the_provider_is_away(ana: Visitor, app: Flask, pages: HostedPages, settings: Settings) -> None:
    sign_in(ana, pages)
    config.use(settings.changed(identity=HostedPages("http://127.0.0.1:9").identity()))
    assert Visitor(app).get("/account/sign-in").status_code == 200
    answer = Visitor(app).get(f"{START}?next=/account/orders")
    assert (answer.status_code, answer.headers["Retry-After"]) == (503, "10")
    assert "You can buy without an account" in answer.text
    assert 'href="/">Buy without an account' in answer.text
    assert 'href="/account/sign-in?next=/account/orders">Sign in' in answer.text
    assert ana.get("/account").status_code == 200, "people who are signed in stay signed in"
    guest = Visitor(app)
    path = guest.start(make_screening("oooo"), "A1")
    guest.choose_full(path)
    assert guest.check_out(path).status_code == 303
    assert order_at(path).state == "awaiting_payment"
    assert ana.post("/account/sign-out").location == "/", "signing out works too"


def test_the_provider_goes_away_before_it_gave_the_tokens(
    ana: Visitor, pages: HostedPages, settings: Settings
) -> None:
    arguments = pages.sign_in(begin(ana, "/account"), "ana")
    config.use(settings.changed(identity=HostedPages("http://127.0.0.1:9").identity()))
    answer = bring(ana, arguments)
    assert answer.status_code == 503
    assert 'href="/account/sign-in?next=/account">Sign in' in answer.text


def test_signing_out_ends_the_session_of_the_provider(ana: Visitor, pages: HostedPages) -> None:
    sign_in(ana, pages)
    key = session_key(ana)
    answer = ana.post("/account/sign-out")
    assert answer.status_code == 200
    assert not is_signed_in(key)
    address = answer.headers["Refresh"].removeprefix("0; url=")
    assert address.startswith(f"{pages.address}/oauth2/end_session?client_id={CLIENT_ID}&")
    assert parse_qs(urlsplit(address).query)["logout_uri"] == ["http://localhost/account/signed-out"]
    assert ana.get("/account/signed-out").location == "/"
    ana.client.set_cookie("door", "a device that keeps data")
    assert ana.get("/account/signed-out").location == "/staff/offline/left"


@pytest.mark.parametrize(
    "form", ["sign-in", "sign-up", "reset", "reset/x", "verify/x", "password", "other-form"]
)
def test_no_form_takes_a_password(ana: Visitor, form: str) -> None:
    make_account("ana@example.org")
    answer = ana.post(f"/account/{form}", {"email": "ana@example.org", "password": PASSWORD})
    assert (answer.status_code, answer.location) == (303, "/account/sign-in")
    assert not session_key(ana)


def test_without_a_provider_there_are_no_hosted_pages(ana: Visitor, settings: Settings) -> None:
    config.use(settings)
    assert [ana.get(path).status_code for path in (START, CALLBACK)] == [404, 404]
