"""Checks of single settings. Each returns the value to use, or raises ValueError; the variable's name is put before."""

from __future__ import annotations

import re
from contextlib import suppress
from ipaddress import ip_network
from urllib.parse import urlsplit

from app.adapters.host_names import ascii_host

SERVICES = ("events", "products", "tickets", "reservations", "orders", "payments", "users")
PAGES = "pages"
OUTBOX = "outbox:"


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


def direct_database_url(text: str) -> str:
    """A database URL without a user: the processes sign in as the user of DATABASE_URL."""
    if "@" in database_url(text):
        raise ValueError("write it without user and password: those of DATABASE_URL are used")
    return text


def site_address(text: str) -> str:
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


def web_address(text: str) -> str:
    """An address of another server; it is used as it is, because an issuer is compared letter by letter."""
    with suppress(ValueError):
        url = urlsplit(text)
        if (
            re.fullmatch(r"https?://[\x21-\x7e]+", text)
            and url.hostname
            and url.port != 0
            and not url.fragment
        ):
            return text
    raise ValueError(f"an address is https://host/path, not {text!r}")


def items(given: object) -> object:
    """A comma-separated list, as a tuple."""
    if not isinstance(given, str):
        return given
    return tuple(part.strip() for part in given.split(",") if part.strip())


def ports(given: object) -> object:
    """A comma-separated list of port numbers, as a tuple."""
    if not isinstance(given, str):
        return given
    parts = [part.strip() for part in given.split(",") if part.strip()]
    for part in parts:
        if not (part.isascii() and part.isdigit() and 1 <= int(part) <= 65535):
            raise ValueError(f"a port is a number from 1 to 65535, not {part!r}")
    return tuple(int(part) for part in parts)
