"""The rules of the load balancer, made from the application's list of addresses (`app/web/service_routes.py`)."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from app.web.service_routes import SERVICE_ROUTES


@dataclass(frozen=True)
class ListenerRule:
    """Addresses of these patterns belong to `service`. `*` stands for any text, also with slashes."""

    patterns: tuple[str, ...]
    service: str


def listener_rules() -> Iterator[ListenerRule]:
    """The rules in the order in which they are tried: the most specific one first."""
    for route in SERVICE_ROUTES:
        path = "/" + "/".join("*" if one.startswith("{") else one for one in route.segments)
        yield ListenerRule(("/*",) if path == "/" else (path, f"{path}/*"), route.service)
