"""The list of services' addresses and the routes of the processes agree."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from flask import Flask

from app import create_app
from app.core import config
from app.core.config import PAGES, SERVICES, Settings
from app.web.service_routes import IN_EVERY_PROCESS, SERVICE_ROUTES, ServiceRoute, service_of


def addresses_of(app: Flask) -> set[str]:
    return {rule.rule for rule in app.url_map.iter_rules()}


@pytest.fixture(scope="module")
def served(_settings: Settings) -> Iterator[dict[str, set[str]]]:
    """Service → the addresses that its process serves, and no other process."""
    without_database = _settings.changed(database={"url": None})
    try:
        yield {
            service: addresses_of(create_app(without_database.changed(process={"services": (service,)})))
            - IN_EVERY_PROCESS
            for service in (PAGES, *SERVICES)
        }
    finally:
        config.use(_settings)


def test_each_process_serves_exactly_the_addresses_of_its_routes(served: dict[str, set[str]]) -> None:
    for service, addresses in served.items():
        assert {service_of(address) for address in addresses} <= {service}


def test_all_processes_together_serve_every_address(served: dict[str, set[str]], app: Flask) -> None:
    assert set.union(*served.values()) | IN_EVERY_PROCESS == addresses_of(app)


def test_each_route_belongs_to_an_address_of_its_service(served: dict[str, set[str]]) -> None:
    for route in SERVICE_ROUTES:
        assert any(
            route.contains(address) and service_of(address) == route.service
            for address in served[route.service]
        )


def test_the_pages_have_the_document_of_the_whole_api(settings: Settings, app: Flask) -> None:
    pages = create_app(settings.changed(process={"services": (PAGES,)}))
    whole = app.test_client().get("/api/v1/openapi.json").json
    assert pages.test_client().get("/api/v1/openapi.json").json == whole
    assert create_app(settings.changed(process={"services": ("orders",)})).test_client().get(
        "/"
    ).status_code == (404)


@pytest.mark.parametrize(
    ("address", "service"),
    [
        ("/", PAGES),
        ("/orders/abc", PAGES),
        ("/api/v1", PAGES),
        ("/api/v1/orders/abc", "orders"),
        ("/api/v1/orders/abc/payments", "payments"),
        ("/api/v1/orders/abc/payments/", "payments"),
        ("/api/v1/ordersabc", PAGES),
        ("/webhooks/sandbox/pix", "payments"),
    ],
)
def test_the_most_specific_route_decides(address: str, service: str) -> None:
    assert service_of(address) == service


def test_a_placeholder_stands_for_one_segment() -> None:
    route = ServiceRoute("/a/{b}/c", PAGES)
    assert route.contains("/a/x/c/d")
    assert not route.contains("/a/c")
    assert not route.contains("/a/x/y/c")
