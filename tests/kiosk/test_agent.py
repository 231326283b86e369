"""What the pages of a kiosk need to reach the print agent, and how the agent learns that they are a kiosk's."""

from __future__ import annotations

import re

import pytest
from flask import Flask
from flask.testing import FlaskClient

from app.core import db
from app.users import service as users
from tests.kiosk.kiosk_visitor import Kiosk, pair

SECRET = re.compile(r'data-agent="http://127\.0\.0\.1:9321" data-agent-secret="([^"]*)"')


def shown_secret(kiosk: Kiosk) -> str:
    found = SECRET.search(kiosk.get("/kiosk").text)
    assert found is not None
    return found[1]


def confirmed(client: FlaskClient, authorization: str) -> bool:
    status = client.post("/kiosk/agent", headers={"Authorization": authorization}).status_code
    assert status in (204, 404)
    return status == 204


def test_the_secret_of_a_paired_kiosk_is_confirmed_until_it_is_revoked(app: Flask, demo: None) -> None:
    kiosk = Kiosk(app)
    assert shown_secret(kiosk) == ""
    device = pair(kiosk, 1)
    secret = shown_secret(kiosk)
    agent = app.test_client()
    assert confirmed(agent, f"Bearer {secret}")
    with db.transaction():
        users.revoke_device(device.id)
    assert not confirmed(agent, f"Bearer {secret}")


@pytest.mark.parametrize("authorization", ["", "Bearer", "Bearer ", "Bearer a.b", "Bearer ção"])
def test_an_invented_secret_is_not_confirmed(app: Flask, demo: None, authorization: str) -> None:
    device = pair(Kiosk(app), 1)
    assert not confirmed(app.test_client(), authorization)
    assert not confirmed(app.test_client(), f"Bearer {device.id}.{'0' * 24}")


def test_only_the_pages_of_a_kiosk_may_connect_to_the_agent(app: Flask, demo: None) -> None:
    kiosk = Kiosk(app)
    allowed = "connect-src 'self' http://127.0.0.1:9321;"
    assert allowed in kiosk.get("/kiosk").headers["Content-Security-Policy"]
    pair(kiosk, 1)
    assert allowed in kiosk.get("/").headers["Content-Security-Policy"]
    assert allowed not in app.test_client().get("/").headers["Content-Security-Policy"]
