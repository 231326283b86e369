"""The OpenAPI document, its page, and what a process of one service serves."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from marshmallow.class_registry import get_class

from app import create_app
from app.api.idempotent import HEADER
from app.api.identity import DOOR_DEVICE, KIOSK_DEVICE
from app.api.order_access import ROLES
from app.core.config import Settings
from app.users.service import SCOPES
from tests.api.buyer import BASE

NO_ID = "00000000-0000-0000-0000-000000000001"


def document(client: FlaskClient) -> dict[str, Any]:
    answer = client.get(f"{BASE}/openapi.json")
    assert answer.status_code == 200
    found: dict[str, Any] = answer.get_json()
    return found


def operations(found: dict[str, Any]) -> list[dict[str, Any]]:
    methods = ("get", "post", "put", "patch", "delete")
    return [item[method] for item in found["paths"].values() for method in methods if method in item]


def test_every_operation_has_a_name_of_its_own_and_a_summary(client: FlaskClient) -> None:
    found = operations(document(client))
    names = [one["operationId"] for one in found]
    assert len(set(names)) == len(names)
    assert all(one["summary"] for one in found)


def test_every_body_has_an_example_that_fits(client: FlaskClient, demo: str) -> None:
    page = client.get(BASE).text
    bodies = [one["requestBody"] for one in operations(document(client)) if "requestBody" in one]
    for media in (body["content"]["application/json"] for body in bodies):
        name = media["schema"]["$ref"].rpartition("/")[2]
        schema = get_class(f"{name}Schema")
        assert isinstance(schema, type)
        assert schema().validate(media["example"]) == {}, name
        assert all(f"&#34;{member}&#34;: " in page for member in media["example"]), name


def test_every_post_acts_once(client: FlaskClient, demo: str) -> None:
    """By its key, which it demands; scans and decisions are made once by what they say."""
    without = set()
    for path, item in document(client)["paths"].items():
        one = item.get("post", {})
        if not any(argument.get("name") == HEADER for argument in one.get("parameters", ())):
            without.add(one.get("operationId"))
        elif {} in one["security"]:  # guests may call it
            answer = client.post(path.replace("{token}", "none"), json={})
            assert (answer.status_code, answer.get_json()["code"]) == (422, "idempotency.key"), path
    assert without == {None, "createAdmission", "decideAdmission"}


def test_every_operation_counts_requests(client: FlaskClient, demo: str) -> None:
    for path, item in document(client)["paths"].items():
        address = re.sub("{[a-z]+_id}", "1" if "admission" in path or "screening" in path else NO_ID, path)
        for method in {"get", "post", "put", "patch", "delete"} & item.keys():
            answer = client.open(re.sub("{[a-z]+}", "none", address), method=method)
            assert answer.headers["RateLimit-Policy"] == '"address";q=600;w=60', (method, path)


def test_errors_are_problem_documents(client: FlaskClient) -> None:
    found = document(client)
    for response in found["components"]["responses"].values():
        assert set(response["content"]) == {"application/problem+json"}


def test_the_document_has_exactly_the_routes_of_the_application(app: Flask, client: FlaskClient) -> None:
    served = {
        re.sub(r"<(?:\w+:)?(\w+)>", r"{\1}", rule.rule)
        for rule in app.url_map.iter_rules()
        if rule.rule.startswith(f"{BASE}/") and rule.endpoint != "api_document.openapi"
    }
    assert set(document(client)["paths"]) == served


def test_the_page_shows_every_operation(client: FlaskClient, demo: str) -> None:
    page = client.get(BASE)
    assert page.status_code == 200
    for path in document(client)["paths"]:
        assert path in page.text
    assert "offer.seats[].name" in page.text, "the fields of an object that may be null"
    assert "object or null" in page.text


def test_each_operation_is_for_callers_that_exist(client: FlaskClient) -> None:
    """And each scope of a partner allows something, and is explained."""
    required = [need for one in operations(document(client)) for need in one.get("security", ())]
    grants = {grant for need in required for names in need.values() for grant in names}
    scopes = {one for one in grants if "/" in one}
    assert scopes == set(SCOPES)
    assert grants - scopes <= {*ROLES, DOOR_DEVICE, KIOSK_DEVICE}
    text = (Path(__file__).resolve().parents[2] / "docs" / "api.md").read_text()
    assert set(re.findall(r"^\| `(bilheteria/[a-z.]+)` \|", text, re.MULTILINE)) == scopes


@pytest.mark.parametrize(
    ("services", "served", "not_served"),
    [("events", "/films", "/products?cinema=a"), ("products", "/products", "/films")],
)
def test_a_process_serves_the_resources_of_its_services(
    settings: Settings, demo: str, services: str, served: str, not_served: str
) -> None:
    client = create_app(settings.changed(process={"services": (services,)})).test_client()
    assert client.get(BASE + served).status_code in (200, 422)
    answer = client.get(BASE + not_served)
    assert (answer.status_code, answer.mimetype) == (404, "application/problem+json")
