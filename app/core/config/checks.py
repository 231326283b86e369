"""Checks of single settings. Each returns the value to use, or raises ValueError; the variable's name is put before."""

from __future__ import annotations

import re
from contextlib import suppress
from ipaddress import ip_network
from urllib.parse import urlsplit

from app.adapters.host_names import ascii_host

SERVICES = ("events", "products", "tickets", "reservations", "orders", "payments", "users")
PAGES = "pages"


def services(given: object) -> object:
    """A comma-separated list of service names, as a tuple."""
    if not isinstance(given, str):
        return given
    wanted = tuple(part.strip() for part in given.split(",") if part.strip())
    for name in wanted:
        if name not in (PAGES, *SERVICES):
            raise ValueError(f"{name!r} is none of {', '.join((PAGES, *SERVICES))}")
    return wanted or (PAGES, *SERVICES)


def database_url(text: str) -> str:
    """A database URL. The error does not repeat it: it may contain a password."""
    if not text.startswith(("postgresql://", "postgresql+psycopg2://")):
        raise ValueError("a database is postgresql://user:password@host/name")
    return text


def public_url(text: str) -> str:
    """The site's address, without a path, its host in ASCII: mail programs disagree about other letters."""
    with suppress(ValueError):
        url = urlsplit(text)
        host = ascii_host(url.hostname or "")
        if re.fullmatch(r"https?://[^\s/?#@]+/?", text) and url.port != 0 and host:
            place = f"[{host}]" if ":" in host else host
            return f"{url.scheme}://{place}" + (f":{url.port}" if url.port else "")
    raise ValueError(f"an address that people type is http://host or https://host:port, not {text!r}")


def networks(text: str) -> str:
    """A comma-separated list of addresses and networks, or `*`."""
    for part in text.split(","):
        if part.strip() != "*":
            ip_network(part.strip())
    return text


# An adapter checks the settings that it reads. It is imported only if its setting is set, to save memory.
def sandbox_pix(text: str) -> str:
    from app.adapters.psp.sandbox_customers import auto_after

    auto_after(text)
    return text


def mail_url(text: str) -> str:
    from app.adapters.mail import check_address

    check_address(text)
    return text


def mail_sender(text: str) -> str:
    from app.adapters.mail import check_sender

    check_sender(text)
    return text


def storage_url(text: str) -> str:
    from app.adapters.storage import check_address

    check_address(text)
    return text
