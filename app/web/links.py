"""Links: makes every address of the site. Pages use paths; mails, calendars and providers get absolute addresses.

The functions do not need Flask, because the worker makes links for its mails. No other module composes addresses;
templates call these functions as `links`.
"""

from __future__ import annotations

import uuid
from urllib.parse import quote

from app.core.config import settings
from app.core.pages import Page

HOME = "/"


def film(slug: str) -> str:
    return f"/films/{_quoted(slug)}"


def screening(screening_id: int, part: str = "") -> str:
    """The seat map; `part` is an address below it: `orders`, `events`, `seats.json`."""
    return _below(f"/screenings/{screening_id}", part)


def order(token: str, part: str = "") -> str:
    """The order's page; `part` is an address below it: `types`, `payment`, `tickets.pdf`, …"""
    return _below(f"/orders/{_quoted(token)}", part)


def request(token: str, part: str = "") -> str:
    """The page of a place in the waiting list; `part`: `state`, `orders`, `cancellation`."""
    return _below(f"/requests/{_quoted(token)}", part)


def account(part: str = "") -> str:
    """The account's page; `part`: `sign-in`, `orders`, …"""
    return _below("/account", part)


def email_link(purpose: str, token: str) -> str:
    """The page that a link of a mail opens; `purpose`: `verify`, `reset`."""
    return account(f"{purpose}/{_quoted(token)}")


def staff(part: str = "") -> str:
    """The pages of the staff; `part`: `scan`, `admissions`, `devices`, …"""
    return _below("/staff", part)


def kiosk(part: str = "") -> str:
    """The pages of the foyer screen; `part`: `pairing`, `heartbeat`, …"""
    return _below("/kiosk", part)


def sandbox_bank(charge_id: str) -> str:
    """The page of the sandbox bank for a charge, by the provider's id."""
    return f"/sandbox-bank/{_quoted(charge_id)}"


def sandbox_terminal(kiosk_id: uuid.UUID | None = None, part: str = "") -> str:
    """The page that drives the sandbox terminal of a kiosk; None: the list of them. `part`: `status`."""
    return _below(f"/sandbox-terminal/{kiosk_id}" if kiosk_id else "/sandbox-terminal", part)


def site() -> str:
    """The site's own address, without a slash at its end (BILHETERIA_PUBLIC_URL)."""
    return settings().web.public_url


def absolute(path: str) -> str:
    """The absolute address of `path`.

    It never uses the host name of the request: pages are cached, and other visitors would get that host name.
    """
    return site() + path


def address(page: Page, key: str) -> str:
    """The absolute address of a page that a message leads to; the form that `core.pages` asks for."""
    return absolute(_path(page, key))


def _path(page: Page, key: str) -> str:
    match page:
        case Page.HOME:
            return HOME
        case Page.SIGN_IN:
            return account("sign-in")
        case Page.FORGOTTEN:
            return account("reset")
        case Page.VERIFY | Page.RESET:
            return email_link(page.value, key)
        case Page.ORDER:
            return order(key)
        case Page.REQUEST:
            return request(key)
        case Page.FILM:
            return film(key)
        case Page.PATH:
            return key


def _below(address: str, part: str) -> str:
    return f"{address}/{part}" if part else address


def _quoted(part: str) -> str:
    return quote(part, safe="")
