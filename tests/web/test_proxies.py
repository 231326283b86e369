"""Who a request comes from and what the house is called: only proxies of our own are believed."""

from __future__ import annotations

import http.client
from dataclasses import replace

import pytest
from flask import request

from app import create_app
from app.core.config import Settings
from tests.live_server import LiveServer

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
        (1, "198.51.100.7 https evil.example"),  # the entry that our own proxy wrote: the last one
    ],
)
def test_as_many_proxies_are_believed_as_there_are(
    database: str, settings: Settings, proxies: int, seen: str
) -> None:
    house = create_app(replace(settings, trusted_proxies=proxies, database_url=None))
    house.add_url_rule("/seen", "seen", lambda: f"{request.remote_addr} {request.scheme} {request.host}")
    assert house.test_client().get("/seen", headers=FORGED).text == seen


def test_a_stranger_does_not_move_our_addresses(live_server: LiveServer) -> None:
    connection = http.client.HTTPConnection("127.0.0.1", live_server.port, timeout=10)
    for name in ("SCRIPT_NAME", "Script-Name", "PATH_INFO"):
        connection.request("GET", "/evil/orders/find", headers={name: "/evil"})
        answer = connection.getresponse()
        page = answer.read().decode()
        assert answer.status == 404
        assert 'href="/evil' not in page
    connection.close()
