"""What the hostile tests stand on: a house with something at every kind of address, and the forms of its pages."""

from __future__ import annotations

import contextlib
import re
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
from app.users import links
from tests.actors import browser, owner
from tests.orders import buying
from tests.orders.counter import stock
from tests.reservations.rooms import ids, make_screening, plan_of
from tests.users.people import person, session_of

VALUES = [
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
IN_A_PATH = [
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
FROM_OURS = {"Sec-Fetch-Site": "same-origin", "Accept-Language": "en"}


@dataclass
class Form:
    """A form that posts: where to, and what it would send as it stands."""

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


class House:
    """Something real at every kind of address, and a manager who tries nonsense there."""

    def __init__(self, app: Flask) -> None:
        self.app = app
        self.screening: Screening = make_screening(*["o" * 40] * 4)
        self.popcorn = stock(self.screening, name="Popcorn")
        self.manager = person("gil@example.org", role="manager")
        self.client = app.test_client()
        self._secret = ""
        self.csrf = self._csrf()
        self._seat = 0
        self._basket: str | None = None
        self._names = [seat.name for seat in plan_of(self.screening).seats]
        self.paid = buying.bought(self.screening, self._seats(1), items={self.popcorn: 1})
        self.foreign = buying.choose(buying.start(self.screening, self._seats(1), visitor="somebody else"))
        self.charge = buying.charge_id(self.paid)
        with db.transaction():
            wish = reservations.open_request(self.screening, 2, browser("hostile", locale="en"))
            self.request = wish.token
        self._awaiting: str | None = None

    def _csrf(self) -> str:
        """The seal of the manager's forms; what it belongs to is kept, and put back before each form is sent."""
        self.sign_in()
        found = re.search(r'name="csrf_token" value="([^"]+)"', self.client.get("/orders/find").text)
        assert found is not None
        with self.client.session_transaction() as session:
            self._secret = session["csrf_token"]
        return found[1]

    def sign_in(self) -> None:
        """The manager again, whatever the last form did: signed out, chose another password."""
        with db.transaction() as database:  # signing in and out has handed their orders over
            database.execute(
                text(
                    "update orders.orders set visitor = 'hostile' where visitor not in ('ana', 'somebody else')"
                )
            )
        with self.client.session_transaction() as session:
            session.clear()
            session.update({"_user_id": session_of(self.manager), "visitor": "hostile"})
            session.update({"csrf_token": self._secret} if self._secret else {})

    def _seats(self, count: int) -> tuple[int, ...]:
        self._seat += count
        return ids(plan_of(self.screening), " ".join(self._names[self._seat - count : self._seat]))

    def basket(self) -> str:
        """An order of the manager's with its types chosen; a new one when the last has gone on."""
        if self._basket is None or buying.order(self._basket).state != "draft":
            if self._basket is not None:
                self._give_up(self._basket)
            self._basket = buying.choose(buying.start(self.screening, self._seats(1), "hostile")).token
        return self._basket

    def awaiting(self) -> str:
        """An order of the manager's that is being paid for; a new one when the last was given up."""
        if self._awaiting is None or buying.order(self._awaiting).state != "awaiting_payment":
            basket = buying.choose(buying.start(self.screening, self._seats(1), "hostile"))
            self._awaiting = buying.check_out(basket).token
        return self._awaiting

    def _give_up(self, token: str) -> None:
        order = buying.order(token)
        with contextlib.suppress(Conflict), db.transaction():
            orders.abandon(token, owner(order))

    def known(self, argument: str) -> list[str]:
        """What really is at the addresses that have this argument."""
        if argument == "token":
            with db.transaction():
                mailed = [links.new(self.manager.id, purpose).token for purpose in ("verify", "reset")]
            tokens = (self.paid.token, self.foreign.token, self.awaiting())
            return [*tokens, self.request, *mailed, self.basket()]
        return {
            "screening_id": [str(self.screening.id)],
            "slug": [self.screening.film.slug],
            "charge_id": [self.charge],
            "provider": ["sandbox"],
            "filename": ["img/favicon.svg"],
        }.get(argument, ["1"])

    def addresses(self, rule: Rule) -> Iterator[str]:
        """The rule's address for everything real that may stand in it."""
        arguments = sorted(rule.arguments)
        if not arguments:
            yield rule.rule
            return
        for value in self.known(arguments[0]):
            yield _filled(rule, arguments, [value, *(self.known(name)[0] for name in arguments[1:])])

    def nonsense(self, rule: Rule) -> Iterator[str]:
        """The rule's address with nonsense in it."""
        arguments = sorted(rule.arguments)
        if arguments:
            for value in IN_A_PATH:
                yield _filled(rule, arguments, [value] * len(arguments))

    def get(self, address: str, **headers: str) -> TestResponse:
        return self.client.get(address, headers=FROM_OURS | headers)

    def look(self, address: str) -> TestResponse:
        """As `get`; where the manager is sent elsewhere, a stranger looks (the sign-in page)."""
        answer = self.get(address)
        return self.app.test_client().get(address) if answer.status_code == 303 else answer

    def post(self, address: str, fields: list[tuple[str, str]]) -> TestResponse:
        """Send a form of the manager's. It must come through to the page: with its seal."""
        self.sign_in()
        sent = [(name, value) for name, value in fields if name != "csrf_token"]
        body: dict[str, list[str]] = {"csrf_token": [self.csrf]}
        for name, value in sent:
            body.setdefault(name, []).append(value)
        answer = self.client.post(address, data=body, headers=FROM_OURS)
        assert answer.mimetype != "text/html" or "Once more, please" not in answer.text, address
        return answer

    def let_try_again(self) -> None:
        """Forget the throttles: what stands behind them is tried here, not they."""
        with db.transaction() as session:
            session.execute(text("delete from core.throttle"))


def _literally(value: str, _match: re.Match[str]) -> str:
    """For `re.sub`: the value as it is, its backslashes too."""
    return value


def _filled(rule: Rule, arguments: list[str], values: list[str]) -> str:
    address = rule.rule
    for name, value in zip(arguments, values, strict=True):
        address = re.sub(rf"<(?:[^<>:]+:)?{name}>", partial(_literally, value), address)
    return address


def pages(app: Flask, method: str) -> list[Rule]:
    """Every rule of the application that knows this method."""
    return sorted(
        (rule for rule in app.url_map.iter_rules() if method in (rule.methods or ())),
        key=lambda rule: rule.rule,
    )
