"""The addresses of each service: the one list from which the front server and the API gateway are configured.

`tests/setup/test_service_routes.py` compares it with the routes of the application.
"""

from __future__ import annotations

from dataclasses import dataclass

from app.core.config import PAGES


@dataclass(frozen=True, slots=True)
class ServiceRoute:
    """All addresses at and below `path` belong to `service`; `{name}` stands for one segment of any text."""

    path: str
    service: str

    @property
    def segments(self) -> tuple[str, ...]:
        return tuple(self.path.strip("/").split("/")) if self.path != "/" else ()

    def contains(self, address: str) -> bool:
        """Whether the address, or the pattern of a route of Flask, is at or below the path."""
        given = address.strip("/").split("/")
        return len(given) >= len(self.segments) and all(
            own == other or own.startswith("{") for own, other in zip(self.segments, given, strict=False)
        )


# The most specific one decides: a longer path comes before a shorter one.
SERVICE_ROUTES = tuple(
    sorted(
        (
            ServiceRoute("/", PAGES),  # the front ends, the files, and the document of the API
            ServiceRoute("/api/v1/admissions", "tickets"),
            ServiceRoute("/api/v1/cinemas", "events"),
            ServiceRoute("/api/v1/devices", "users"),
            ServiceRoute("/api/v1/films", "events"),
            ServiceRoute("/api/v1/me", "users"),
            ServiceRoute("/api/v1/me/orders", "orders"),
            ServiceRoute("/api/v1/orders", "orders"),
            ServiceRoute("/api/v1/orders/{token}/payments", "payments"),
            ServiceRoute("/api/v1/orders/{token}/refunds", "payments"),
            ServiceRoute("/api/v1/orders/{token}/tickets", "tickets"),
            ServiceRoute("/api/v1/products", "products"),
            ServiceRoute("/api/v1/requests", "reservations"),
            ServiceRoute("/api/v1/requests/{token}/orders", "orders"),
            ServiceRoute("/api/v1/screenings", "events"),
            ServiceRoute("/api/v1/screenings/{id}/seats", "reservations"),
            ServiceRoute("/api/v1/webhooks", "users"),
            ServiceRoute("/webhooks", "payments"),
        ),
        key=lambda route: (-len(route.segments), route.path),
    )
)
# Every process answers at these addresses: its health, and the language of its error pages.
IN_EVERY_PROCESS = frozenset({"/healthz", "/readyz", "/language", "/static/<path:filename>"})


def service_of(address: str) -> str:
    """The service, or `pages`, that serves an address."""
    return next(route.service for route in SERVICE_ROUTES if route.contains(address))
