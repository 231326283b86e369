"""Sends hostile values to every address and form of the application, with real data behind each kind of address."""

from __future__ import annotations

import contextlib
import re
import uuid
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import partial
from html.parser import HTMLParser
from urllib.parse import parse_qsl, urlsplit

from flask import Flask
from sqlalchemy import text
from werkzeug.routing import Rule
from werkzeug.test import TestResponse

from app.core import db
from app.core.errors import Conflict
from app.events.service import Screening
from app.orders import service as orders
from app.reservations import service as reservations
from app.users import email_tokens
from tests.actors import owner_of, visitor_actor
from tests.orders import purchases
from tests.orders.concessions import add_product
from tests.reservations.auditoriums import make_screening, seat_ids, seat_plan_of
from tests.users.account_data import begin_session, make_account

HOSTILE_VALUES = [
    "",
    "0",
    "-1",
    "1.5",
    "1e9",
    "2147483648",
    "9" * 30,
    "9" * 5_000,
    "٣",
    "²",
    "\x00",
    "a\x00b",
    "<img src=x onerror=alert(1)>",
    "\"'`;--",
    "{{7*7}}${7*7}%s%(x)s{0}",
    "Ana\r\nBcc: all@example.org",
    "🍿👩\u200d👩\u200d👧",
    "\u202egnp.exe\u2066",
    "ana@example.org",
    "../../../../etc/passwd",
    "//evil.example/%09/..",
    "b" * 10_000,
]
HOSTILE_PATH_PARTS = [
    "0",
    "-1",
    "9" * 30,
    "2147483648",
    "%D9%A3",
    "%00",
    "%ff%fe",
    "%ED%A0%80",
    "%",
    "%zz",
    "..%2f..%2fetc%2fpasswd",
    "%0d%0aSet-Cookie:%20a=b",
    "%3Cimg%20src=x%20onerror=alert(1)%3E",
    "{{7*7}}",
    "%F0%9F%8D%BF",
    "c" * 3_000,
    "00000000-0000-0000-0000-000000000000",
]
SAME_ORIGIN_HEADERS = {"Sec-Fetch-Site": "same-origin", "Accept-Language": "en"}


@dataclass
class Form:
    """A POST form of a page: its address and its fields with their current values."""

    action: str = ""
    fields: list[tuple[str, str]] = field(default_factory=list)


class _Forms(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.posted: list[Form] = []
        self.queries: set[str] = set()
        self._form: Form | None = None

    def handle_starttag(self, tag: str, pairs: list[tuple[str, str | None]]) -> None:
        attributes = {name: value or "" for name, value in pairs}
        if tag == "form":
            self._form = Form(attributes.get("action", ""))
            if attributes.get("method", "").lower() == "post":
                self.posted.append(self._form)
        elif tag in ("input", "button", "select", "textarea") and attributes.get("name") and self._form:
            if attributes.get("type") not in ("checkbox", "radio") or "checked" in attributes:
                self._form.fields.append((attributes["name"], attributes.get("value", "")))
        elif tag == "a":
            self.queries |= {name for name, _ in parse_qsl(urlsplit(attributes.get("href", "")).query)}

    def handle_endtag(self, tag: str) -> None:
        if tag == "form":
            self._form = None


def read_page(html: str) -> _Forms:
    page = _Forms()
    page.feed(html)
    return page


class FormFuzzer:
    """Real data for every kind of address, and a signed-in manager who sends hostile values."""

    def __init__(self, app: Flask) -> None:
        self.app = app
        self.screening: Screening = make_screening(*["o" * 40] * 4)
        self.popcorn = add_product(self.screening, name="Popcorn")
        self.manager = make_account("gil@example.org", role="manager")
        self.client = app.test_client()
        self._secret = ""
        self.csrf = self._csrf()
        self._seat = 0
        self._basket: str | None = None
        self._names = [seat.name for seat in seat_plan_of(self.screening).seats]
        self.paid = purchases.buy(self.screening, self._seats(1), items={self.popcorn: 1})
        self.foreign = purchases.choose(
            purchases.start(self.screening, self._seats(1), visitor="somebody else")
        )
        self.charge = purchases.charge_id(self.paid)
        with db.transaction():
            wish = reservations.open_request(self.screening, 2, visitor_actor("hostile", locale="en"))
            self.request = wish.token
        self._awaiting: str | None = None

    def _csrf(self) -> str:
        """The manager's CSRF token; its session value is kept, and restored before each form is sent."""
        self.sign_in()
        found = re.search(r'name="csrf_token" value="([^"]+)"', self.client.get("/orders/find").text)
        assert found is not None
        with self.client.session_transaction() as session:
            self._secret = session["csrf_token"]
        return found[1]

    def sign_in(self) -> None:
        """Sign the manager in again; the last form may have signed out or changed the password."""
        with db.transaction() as database:  # signing in and out gave the orders other visitors
            database.execute(
                text(
                    "update orders.orders set visitor = 'hostile' where visitor not in ('ana', 'somebody else')"
                )
            )
        with self.client.session_transaction() as session:
            session.clear()
            session.update({"_user_id": begin_session(self.manager), "visitor": "hostile"})
            session.update({"csrf_token": self._secret} if self._secret else {})

    def _seats(self, count: int) -> tuple[int, ...]:
        self._seat += count
        return seat_ids(seat_plan_of(self.screening), " ".join(self._names[self._seat - count : self._seat]))

    def basket(self) -> str:
        """The token of the manager's draft order with chosen types; a new order when the last is no draft any more."""
        if self._basket is None or purchases.order(self._basket).state != "draft":
            if self._basket is not None:
                self._give_up(self._basket)
            self._basket = purchases.choose(purchases.start(self.screening, self._seats(1), "hostile")).token
        return self._basket

    def awaiting(self) -> str:
        """The token of the manager's order that awaits payment; a new order when the last was given up."""
        if self._awaiting is None or purchases.order(self._awaiting).state != "awaiting_payment":
            basket = purchases.choose(purchases.start(self.screening, self._seats(1), "hostile"))
            self._awaiting = purchases.check_out(basket).token
        return self._awaiting

    def _give_up(self, token: str) -> None:
        order = purchases.order(token)
        with contextlib.suppress(Conflict), db.transaction():
            orders.abandon(token, owner_of(order))

    def existing_values(self, argument: str) -> list[str]:
        """The values of this address argument for which data exists."""
        if argument == "token":
            with db.transaction():
                mailed = [
                    email_tokens.create(self.manager.id, purpose).token for purpose in ("verify", "reset")
                ]
            tokens = (self.paid.token, self.foreign.token, self.awaiting())
            return [*tokens, self.request, *mailed, self.basket()]
        return {
            "screening_id": [str(self.screening.id)],
            "slug": [self.screening.film.slug],
            "charge_id": [self.charge],
            "provider": ["sandbox"],
            "filename": ["img/favicon.svg"],
            "order_id": [str(self.paid.id)],
            "device_id": [str(uuid.UUID(int=0))],
            "part": ["handouts"],
        }.get(argument, ["1"])

    def addresses(self, rule: Rule) -> Iterator[str]:
        """The rule's addresses with all existing values."""
        arguments = sorted(rule.arguments)
        if not arguments:
            yield rule.rule
            return
        for value in self.existing_values(arguments[0]):
            yield _fill_rule(
                rule, arguments, [value, *(self.existing_values(name)[0] for name in arguments[1:])]
            )

    def hostile_addresses(self, rule: Rule) -> Iterator[str]:
        """The rule's addresses with hostile values."""
        arguments = sorted(rule.arguments)
        if arguments:
            for value in HOSTILE_PATH_PARTS:
                yield _fill_rule(rule, arguments, [value] * len(arguments))

    def get(self, address: str, **headers: str) -> TestResponse:
        return self.client.get(address, headers=SAME_ORIGIN_HEADERS | headers)

    def get_or_sign_in_page(self, address: str) -> TestResponse:
        """GET the address as the manager; after a redirect, as a visitor without a session."""
        answer = self.get(address)
        return self.app.test_client().get(address) if answer.status_code == 303 else answer

    def post(self, address: str, fields: list[tuple[str, str]]) -> TestResponse:
        """Send a form as the manager, with a valid CSRF token, and assert that the token was accepted."""
        self.sign_in()
        sent = [(name, value) for name, value in fields if name != "csrf_token"]
        body: dict[str, list[str]] = {"csrf_token": [self.csrf]}
        for name, value in sent:
            body.setdefault(name, []).append(value)
        answer = self.client.post(address, data=body, headers=SAME_ORIGIN_HEADERS)
        assert answer.mimetype != "text/html" or "Once more, please" not in answer.text, address
        return answer

    def reset_throttles(self) -> None:
        """Empty the throttles, so that the code behind them runs."""
        with db.transaction() as session:
            session.execute(text("delete from core.throttle"))


def _return_value(value: str, _match: re.Match[str]) -> str:
    """A replacement for `re.sub` that leaves backslashes in the value unchanged."""
    return value


def _fill_rule(rule: Rule, arguments: list[str], values: list[str]) -> str:
    address = rule.rule
    for name, value in zip(arguments, values, strict=True):
        address = re.sub(rf"<(?:[^<>:]+:)?{name}>", partial(_return_value, value), address)
    return address


def routes_with_method(app: Flask, method: str) -> list[Rule]:
    """All rules of the application that accept this method."""
    return sorted(
        (rule for rule in app.url_map.iter_rules() if method in (rule.methods or ())),
        key=lambda rule: rule.rule,
    )
