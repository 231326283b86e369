"""The pages that a message can lead to. A service names a page and its key; the front end makes the address.

The process sets `app.web.links` at its start (`use`), so that services know no address and import no front end.
"""

from __future__ import annotations

from collections.abc import Callable
from enum import StrEnum


class Page(StrEnum):
    """A page that a link in a message opens. The values are stored in messages: add values, never rename one."""

    HOME = "home"  # without a key
    SIGN_IN = "sign_in"  # without a key
    VERIFY = "verify"  # key: the token of the e-mail link
    RESET = "reset"  # key: the token of the e-mail link
    FORGOTTEN = "forgotten"  # without a key: the page that asks for a mail with a RESET link
    ORDER = "order"  # key: the order's token
    REQUEST = "request"  # key: the token of a place in the waiting list
    FILM = "film"  # key: the film's slug
    PATH = "path"  # key: a path, as versions without page names stored it


Links = Callable[[Page, str], str]
"""(page, key) to the page's absolute address."""

_links: Links | None = None


def use(links: Links) -> None:
    """Set the function that makes this process's addresses."""
    global _links
    _links = links


def address(page: Page, key: str = "") -> str:
    """The page's absolute address, for mails and other readers outside of the site."""
    if _links is None:
        raise RuntimeError("no front end makes links in this process: call pages.use() at its start")
    return _links(page, key)
