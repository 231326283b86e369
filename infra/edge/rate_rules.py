"""Rate rules of the web application firewall: far above what the application's own limits allow.

The application limits exactly, and knows a foyer's device from a stranger (`core/throttle.py`). The firewall keeps off
floods that would cost its processes and its database. One address may be a whole foyer, or thousands of people behind a
carrier's NAT. So no rule is tighter than the application's limit for one address, which is made for both; each limit is
a multiple of that one, which the tests compare. A request with a device's cookie or with a token counts by a rule with
a higher limit, since the firewall cannot check whether the cookie is real.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final, Literal

from aws_cdk import aws_wafv2 as waf

from app.api import limits as api_limits
from app.core.config.groups import Holds
from app.shop import find_order
from app.tickets import scanned_text
from app.users import pairings, sign_in_throttle
from infra.edge.statements import (
    Statement,
    all_of,
    has_cookie,
    has_header,
    method_is,
    no,
    one_of,
    path_is,
    path_matches,
)

Window = Literal[60, 120, 300, 600]
SESSION, DEVICE = "__Host-session", "__Host-device"  # the cookies' names behind TLS
_HOLDS = Holds.model_fields
HOLDS_OF_ADDRESS: Final = int(_HOLDS["max_per_address"].default)
HOLDS_OF_VISITOR: Final = int(_HOLDS["max_per_visitor"].default)


@dataclass(frozen=True)
class RateRule:
    """At most `limit` requests that match `scope` in `seconds`, for each address, or for each value of `cookie` at an
    address. `own`: the limit of the application for one address (or visitor) in the same time; `why`: where it is."""

    name: str
    limit: int
    seconds: Window
    own: float
    why: str
    scope: Statement | None = None
    cookie: str = ""
    header: str = ""

    def statement(self) -> Statement:
        keys = [
            waf.CfnWebACL.RateBasedStatementCustomKeyProperty(ip={}),
            *([_cookie_key(self.cookie)] if self.cookie else []),
            *([_header_key(self.header)] if self.header else []),
        ]
        is_by_address = not (self.cookie or self.header)
        return Statement(
            rate_based_statement=waf.CfnWebACL.RateBasedStatementProperty(
                aggregate_key_type="IP" if is_by_address else "CUSTOM_KEYS",
                custom_keys=None if is_by_address else keys,
                limit=self.limit,
                evaluation_window_sec=self.seconds,
                scope_down_statement=self.scope,
            )
        )


def _post(*paths: Statement) -> Statement:
    return all_of([method_is("POST"), paths[0] if len(paths) == 1 else one_of(paths)])


_SEATS = _post(path_matches(r"^/screenings/[0-9]+/orders$"))
_SIGN_IN = _post(
    path_is("/account/sign-in"), path_is("/account/sign-up"), path_matches(r"^/account/(reset|verify)")
)
_FIND = _post(path_is("/orders/find"))
_PAIR = _post(path_is("/kiosk/pairing"), path_is("/staff/devices"), path_is("/staff/offline/device"))
_SCAN = _post(path_is("/staff/admissions"))
_FROM_DEVICE, _NOT_FROM_DEVICE = has_cookie(DEVICE), no(has_cookie(DEVICE))

# An address may have 200 open orders, each for ten minutes and more: five tries for each, as for the last seats.
_TRIES_FOR_SEATS = 5
PAGES: Final[Sequence[RateRule]] = (
    RateRule(
        "holds-of-address",
        _TRIES_FOR_SEATS * HOLDS_OF_ADDRESS,
        600,
        HOLDS_OF_ADDRESS,
        "BILHETERIA_HOLDS_PER_ADDRESS",
        all_of([_SEATS, _NOT_FROM_DEVICE]),
    ),
    # The application counts kiosks one by one. Fifty of them with a buyer a minute come to 500.
    RateRule(
        "holds-of-foyer",
        5 * _TRIES_FOR_SEATS * HOLDS_OF_ADDRESS,
        600,
        HOLDS_OF_ADDRESS,
        "BILHETERIA_HOLDS_PER_ADDRESS, of each device",
        all_of([_SEATS, _FROM_DEVICE]),
    ),
    # One browser: it finds a program that keeps its cookie, wherever it hides among many people.
    RateRule(
        "holds-of-visit",
        25 * HOLDS_OF_VISITOR,
        600,
        HOLDS_OF_VISITOR,
        "BILHETERIA_HOLDS_PER_VISITOR",
        all_of([_SEATS, _NOT_FROM_DEVICE]),
        cookie=SESSION,
    ),
    # The application counts wrong passwords only.
    RateRule(
        "sign-in",
        2 * sign_in_throttle.ATTEMPTS_PER_ADDRESS,
        600,
        sign_in_throttle.ATTEMPTS_PER_ADDRESS * 600 / sign_in_throttle.SECONDS,
        "users.sign_in_throttle.ATTEMPTS_PER_ADDRESS",
        _SIGN_IN,
    ),
    RateRule(
        "order-codes",
        2 * find_order.GUESSES_OF_AN_ADDRESS,
        600,
        find_order.GUESSES_OF_AN_ADDRESS * 600 / find_order.QUARTER,
        "shop.find_order.GUESSES_OF_AN_ADDRESS",
        _FIND,
    ),
    # A foyer is set up in one go: each machine begins a pairing, and a manager types its code.
    RateRule(
        "pairing-codes",
        20 * pairings.GUESSES_OF_ALL,
        600,
        pairings.GUESSES_OF_ALL * 600 / pairings.SECONDS,
        "users.pairings.GUESSES_OF_ALL",
        _PAIR,
    ),
    # The application counts unknown codes only. Eight gates with a scan a second come to 2,400 in five minutes.
    RateRule(
        "ticket-codes",
        4 * scanned_text.MISSES_PER_ADDRESS * 5,
        300,
        scanned_text.MISSES_PER_ADDRESS * 5,
        "tickets.scanned_text.MISSES_PER_ADDRESS",
        _SCAN,
    ),
    # The application has no limit for reading pages. A page asks for its parts, and polls where streams fail.
    RateRule("all-pages", 30_000, 300, 0, "no limit of its own"),
)
_WITH_TOKEN = has_header("authorization")
_API_REQUESTS = api_limits.REQUESTS * 300 // api_limits.SECONDS
_API_ORDERS = _post(path_matches("^/api/v1/orders$"))
API: Final[Sequence[RateRule]] = (
    RateRule(
        "api-of-address",
        2 * _API_REQUESTS,
        300,
        _API_REQUESTS,
        "api.limits.REQUESTS, of an address",
        no(_WITH_TOKEN),
    ),
    # Devices behind one address have a limit each in the application. Twenty of them at their limit come to 60,000.
    RateRule(
        "api-of-foyer",
        20 * _API_REQUESTS,
        300,
        _API_REQUESTS,
        "api.limits.REQUESTS, of each device",
        _WITH_TOKEN,
    ),
    RateRule(
        "api-of-token",
        2 * _API_REQUESTS,
        300,
        _API_REQUESTS,
        "api.limits.REQUESTS, of a device",
        _WITH_TOKEN,
        header="authorization",
    ),
    RateRule(
        "api-holds-of-address",
        _TRIES_FOR_SEATS * HOLDS_OF_ADDRESS,
        600,
        HOLDS_OF_ADDRESS,
        "BILHETERIA_HOLDS_PER_ADDRESS",
        all_of([_API_ORDERS, no(_WITH_TOKEN)]),
    ),
)
_AS_IT_IS = [waf.CfnWebACL.TextTransformationProperty(priority=0, type="NONE")]


def _cookie_key(name: str) -> waf.CfnWebACL.RateBasedStatementCustomKeyProperty:
    cookie = waf.CfnWebACL.RateLimitCookieProperty(name=name, text_transformations=_AS_IT_IS)
    return waf.CfnWebACL.RateBasedStatementCustomKeyProperty(cookie=cookie)


def _header_key(name: str) -> waf.CfnWebACL.RateBasedStatementCustomKeyProperty:
    header = waf.CfnWebACL.RateLimitHeaderProperty(name=name, text_transformations=_AS_IT_IS)
    return waf.CfnWebACL.RateBasedStatementCustomKeyProperty(header=header)
