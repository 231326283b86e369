"""The handlers and ticks of the services, collected from each `handlers.py`."""

from __future__ import annotations

from collections.abc import Sequence
from importlib import import_module
from importlib.util import find_spec

from app.core import db, dead_letters, erasures, idempotency, outbox, pages, throttle
from app.core.config import SERVICES
from app.core.handling import Handler
from app.core.messages import Message
from app.core.worker import Tick
from app.web import links


def routes(services: Sequence[str] = SERVICES) -> dict[tuple[str, type[Message]], Handler]:
    """(consumer, message class) → handler, for the services that this process serves.

    Hands the front end's links to the services, which name pages and do not know addresses.
    """
    pages.use(links.address)
    found: dict[tuple[str, type[Message]], Handler] = {}
    for service in services:
        if service in SERVICES and find_spec(f"app.{service}.handlers"):
            handlers = import_module(f"app.{service}.handlers")
            found |= {(service, kind): handler for kind, handler in getattr(handlers, "HANDLERS", {}).items()}
    return found


def by_priority(services: Sequence[str]) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """The services with handlers, in two groups: the usual ones, and those with `LOW_PRIORITY` in `handlers.py`."""
    with_handlers = [one for one in services if one in SERVICES and find_spec(f"app.{one}.handlers")]
    low_priority = [
        one for one in with_handlers if getattr(import_module(f"app.{one}.handlers"), "LOW_PRIORITY", False)
    ]
    return tuple(one for one in with_handlers if one not in low_priority), tuple(low_priority)


def own_threads(services: Sequence[str] = SERVICES) -> dict[str, int]:
    """Service → number of its own threads in the worker, for the services with `THREADS` in `handlers.py`."""
    counts = {
        one: getattr(import_module(f"app.{one}.handlers"), "THREADS", 0)
        for one in services
        if one in SERVICES and find_spec(f"app.{one}.handlers")
    }
    return {one: count for one, count in counts.items() if count}


def ticks(services: Sequence[str] = SERVICES) -> list[Tick]:
    """The ticks of the services that this process serves, and the deletion of old rows of `core`."""
    found = [Tick("core.sweep", 3600, _sweep)]
    for service in services:
        if service in SERVICES and find_spec(f"app.{service}.handlers"):
            found += getattr(import_module(f"app.{service}.handlers"), "TICKS", [])
    return found


def _sweep() -> None:
    with db.transaction():
        outbox.delete_old_marks()
        dead_letters.delete_old_mails()
        throttle.delete_old()
        idempotency.delete_old()
        erasures.delete_old()
