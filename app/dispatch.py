"""The handlers and ticks of the services, collected from each `handlers.py`.

A service has a queue of its name (`HANDLERS`), and may have further ones for work that must not delay the rest
(`FURTHER_QUEUES`).
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from importlib import import_module
from importlib.util import find_spec

from app.core import db, dead_letters, erasures, idempotency, outbox, pages, throttle
from app.core.config import SERVICES
from app.core.handling import Handler
from app.core.messages import Message
from app.core.worker import Tick
from app.web import links


def routes(services: Sequence[str] = SERVICES) -> dict[tuple[str, type[Message]], Handler]:
    """(consumer, message class) → handler, for the queues of the services that this process serves.

    Hands the front end's links to the services, which name pages and do not know addresses.
    """
    pages.use(links.address)
    found: dict[tuple[str, type[Message]], Handler] = {}
    for service in services:
        if service in SERVICES and find_spec(f"app.{service}.handlers"):
            handlers = import_module(f"app.{service}.handlers")
            queues = {service: getattr(handlers, "HANDLERS", {}), **getattr(handlers, "FURTHER_QUEUES", {})}
            for consumer, of_queue in queues.items():
                found |= {(consumer, kind): handler for kind, handler in of_queue.items()}
    return found


def consumers(services: Sequence[str]) -> tuple[str, ...]:
    """The queues that a worker of these services drains."""
    return tuple(sorted({consumer for consumer, _ in routes(services)}))


def by_priority(services: Sequence[str]) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """The services with handlers, in two groups: the usual ones, and those with `LOW_PRIORITY` in `handlers.py`."""
    with_handlers = [one for one in services if one in SERVICES and find_spec(f"app.{one}.handlers")]
    low_priority = [
        one for one in with_handlers if getattr(import_module(f"app.{one}.handlers"), "LOW_PRIORITY", False)
    ]
    return tuple(one for one in with_handlers if one not in low_priority), tuple(low_priority)


def own_threads(services: Sequence[str] = SERVICES) -> dict[str, int]:
    """Consumer → number of its own threads in the worker: `THREADS` and `FURTHER_THREADS` in a `handlers.py`."""
    counts: dict[str, int] = {}
    for service in services:
        if service in SERVICES and find_spec(f"app.{service}.handlers"):
            handlers = import_module(f"app.{service}.handlers")
            counts |= {service: getattr(handlers, "THREADS", 0), **getattr(handlers, "FURTHER_THREADS", {})}
    return {consumer: count for consumer, count in counts.items() if count}


def warm_ups(services: Sequence[str]) -> list[Callable[[], None]]:
    """What a worker of these services loads after its start: `WARM_UP` in a `handlers.py`."""
    usual, low_priority = by_priority(services)
    handlers = [import_module(f"app.{one}.handlers") for one in (*usual, *low_priority)]
    return [module.WARM_UP for module in handlers if hasattr(module, "WARM_UP")]


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
