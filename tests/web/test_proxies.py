"""The client address and host name of a request: only headers of our own proxies are trusted."""

from __future__ import annotations

import http.client

import pytest
from flask import Flask, request

from app import create_app
from app.core import config
from app.core.config import Settings
from app.web.security import network_of
from tests.live_server import LiveServer
from tests.reservations.auditoriums import make_screening, seat_ids, seat_plan_of
from tests.shop.visitor import Visitor

FORGED = {
    "X-Forwarded-For": "192.0.2.1, 198.51.100.7",
    "X-Forwarded-Proto": "https",
    "X-Forwarded-Host": "evil.example",
    "Forwarded": "for=192.0.2.1;host=evil.example;proto=https",
}


@pytest.mark.parametrize(
    ("proxies", "seen"),
    [
        (0, "127.0.0.1 http localhost"),
        (1, "198.51.100.7 https evil.example"),  # the last entry, which our own proxy wrote
    ],
)
def test_forwarded_headers_count_for_the_configured_proxies_only(
    database: str, settings: Settings, proxies: int, seen: str
) -> None:
    own_app = create_app(settings.changed(web={"trusted_proxies": proxies}, database={"url": None}))
    own_app.add_url_rule("/seen", "seen", lambda: f"{request.remote_addr} {request.scheme} {request.host}")
    assert own_app.test_client().get("/seen", headers=FORGED).text == seen


CLIENT, EDGE = "203.0.113.9", "10.20.64.7"


def through_cloudfront(sent: dict[str, str]) -> dict[str, str]:
    """The headers that a task gets: CloudFront appends the client's address and drops its host, the load balancer
    appends the edge's address and sets the scheme."""
    entries = [one for one in (sent.get("X-Forwarded-For"), CLIENT, EDGE) if one]
    return {"X-Forwarded-For": ", ".join(entries), "X-Forwarded-Proto": "https"}


def through_api_gateway(sent: dict[str, str]) -> dict[str, str]:
    """API Gateway replaces address and host by its own values, the load balancer appends the VPC link's address."""
    return {
        "X-Forwarded-For": f"{CLIENT}, {EDGE}",
        "X-Forwarded-Host": "api.example",
        "X-Forwarded-Proto": "https",
    }


def test_on_aws_a_client_cannot_name_its_address_or_host(database: str, settings: Settings) -> None:
    """Two proxies are ours on both ways. One would take all clients for the edge, three would believe the client."""
    own_app = create_app(settings.changed(web={"trusted_proxies": 2}, database={"url": None}))
    own_app.add_url_rule("/seen", "seen", lambda: f"{request.remote_addr} {request.host}")
    client = own_app.test_client()
    forged = ["192.0.2.1", "192.0.2.1, 198.51.100.7", "unknown", f"{CLIENT}x, , 10.20.64.8", ""]
    for way in (through_cloudfront, through_api_gateway):
        for given in forged:
            sent = FORGED | {"X-Forwarded-For": given}
            assert client.get("/seen", headers=way(sent)).text == f"{CLIENT} localhost", (way, given)


def test_a_client_cannot_set_the_root_of_our_addresses(live_server: LiveServer) -> None:
    connection = http.client.HTTPConnection("127.0.0.1", live_server.port, timeout=10)
    for name in ("SCRIPT_NAME", "Script-Name", "PATH_INFO"):
        connection.request("GET", "/evil/orders/find", headers={name: "/evil"})
        answer = connection.getresponse()
        page = answer.read().decode()
        assert answer.status == 404
        assert 'href="/evil' not in page
    connection.close()


@pytest.mark.parametrize(
    ("one", "other", "one_network"),
    [
        ("192.0.2.1", "192.0.2.1", True),
        ("192.0.2.1", "192.0.2.2", False),
        ("192.0.2.1", "::ffff:192.0.2.1", True),
        ("::ffff:192.0.2.1", "::ffff:192.0.2.2", False),
        ("2001:db8:1:2::1", "2001:DB8:1:2:aaaa:bbbb:cccc:dddd", True),
        ("2001:db8:1:2::1", "2001:db8:1:3::1", False),
        ("fe80::1%eth0", "fe80::2%eth0", True),
        ("unknown", "unknown", True),
    ],
)
def test_addresses_of_one_network_have_one_key(one: str, other: str, one_network: bool) -> None:
    assert (network_of(one) == network_of(other)) is one_network


def test_ipv6_addresses_of_one_network_share_a_limit(app: Flask, settings: Settings) -> None:
    config.use(settings.changed(holds={"max_per_address": 1}))
    screening = make_screening("oooooooooo")

    def take(seat: str, address: str) -> int:
        visitor = Visitor(app)
        visitor.client.environ_base["REMOTE_ADDR"] = address
        return visitor.post_seats(screening, seat_ids(seat_plan_of(screening), seat)).status_code

    assert take("A1", "2001:db8:1:2::1") == 303
    assert take("A4", "2001:db8:1:2:8d3f::77") == 429
    assert take("A4", "2001:db8:1:3::1") == 303
