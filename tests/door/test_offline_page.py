"""What a browser keeps of the door to show it without network: the page, its service worker, and its manifest."""

from __future__ import annotations

import json
import re

from flask import Flask
from flask.testing import FlaskClient

from app.door.ticket_verdicts import TICKET_VERDICTS
from app.events.service import Screening
from app.web.assets import STATIC
from tests.door.door_fixtures import Staff
from tests.shop.visitor import Visitor

# What is decided afterwards or by a supervisor has no verdict without network; others have one under another name.
LATER = {
    "admitted_offline",
    "conflict",
    "admitted_early",
    "admitted_override",
    "admitted_again",
    "undone",
    "let_out",
}
ELSEWHERE = {"other_day": "not_here", "other_cinema": "not_here", "readmitted": "admitted"}


def test_the_kept_page_has_no_token_and_no_name(staff: Staff) -> None:
    page = staff.get("/staff/offline/shell")
    assert page.status_code == 200
    assert page.headers["Cache-Control"] == "no-store"
    assert "Célia" not in page.text
    for name in ("csrf_token", "once"):
        assert set(re.findall(rf'name="{name}" value="([^"]*)"', page.text)) == {""}, name


def test_the_kept_page_is_for_staff(app: Flask) -> None:
    assert Visitor(app).get("/staff/offline/shell").location == "/account/sign-in?next=/staff/offline/shell"
    assert Staff(app, role="customer").get("/staff/offline/shell").status_code == 403


def test_every_verdict_has_its_words(staff: Staff, screening: Screening) -> None:
    page = staff.get("/staff/offline/shell").text
    templates = set(re.findall(r'data-verdict-of="(\w+)"', page))
    for verdict in TICKET_VERDICTS.keys() - LATER:
        assert ELSEWHERE.get(verdict, verdict) in templates, verdict


def test_the_service_worker_is_served_where_its_scope_is(client: FlaskClient) -> None:
    answer = client.get("/staff/worker.js")
    assert answer.mimetype == "text/javascript"
    assert answer.headers["Cache-Control"] == "no-cache"
    assert "Set-Cookie" not in answer.headers
    assert "addEventListener" in answer.text
    assert "worker-src 'self'" in answer.headers["Content-Security-Policy"]


def test_the_manifest_names_icons_that_exist(client: FlaskClient) -> None:
    answer = client.get("/staff/manifest.webmanifest")
    assert answer.mimetype == "application/manifest+json"
    manifest = json.loads(answer.text)
    assert manifest["start_url"].startswith(manifest["scope"])
    assert {"any", "maskable"} == {icon["purpose"] for icon in manifest["icons"]}
    for icon in manifest["icons"]:
        assert (STATIC / icon["src"].removeprefix("/static/")).is_file(), icon


def test_a_sign_out_at_such_a_device_sends_and_forgets_first(app: Flask) -> None:
    staff = Staff(app)
    assert staff.post("/account/sign-out", {}).location == "/"
    at_device = Staff(app, email="outra@example.org")
    at_device.client.set_cookie("door", "a-token")
    left = at_device.post("/account/sign-out", {}).location
    assert left == "/staff/offline/left"
    assert "data-offline-left" in at_device.get(left).text
