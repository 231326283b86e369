"""Bad requests to the API: each gets a problem document, in the caller's language."""

from __future__ import annotations

from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient

from app.api import limits
from app.core.config import Settings
from tests.api.buyer import BASE


def problem(client: FlaskClient, path: str, status: int, **options: Any) -> dict[str, Any]:
    """The problem document of an answer; its form is checked."""
    answer = client.open(BASE + path, **options)
    assert answer.status_code == status, answer.text
    assert answer.mimetype == "application/problem+json"
    found: dict[str, Any] = answer.get_json()
    assert found["status"] == status
    assert found["type"] == f"urn:bilheteria:problem:{found['code']}"
    assert found["detail"]
    return found


@pytest.mark.parametrize(
    ("path", "field"),
    [
        ("/films?limit=0", "limit"),
        ("/films?limit=1001", "limit"),
        ("/films?limit=many", "limit"),
        ("/films?cursor=nonsense", "cursor"),
        ("/films?cursor=eyJhIjoxfQ", "cursor"),
        ("/films?cursor=WyJhIiwiYiJd", "cursor"),
        ("/screenings?day=yesterday", "day"),
        ("/screenings?day=2026-02-30", "day"),
        ("/screenings?colour=red", "colour"),
        ("/products", "cinema"),
    ],
)
def test_an_argument_that_does_not_fit_is_named(
    client: FlaskClient, demo: str, path: str, field: str
) -> None:
    found = problem(client, path, 422)
    assert field in {place["field"] for place in found["errors"]}


@pytest.mark.parametrize(
    "path",
    [
        "/films/no-such-film",
        "/cinemas/no-such-cinema",
        "/screenings/0",
        "/screenings/99999999999",
        "/screenings/1x",
        "/screenings/2147483647/seats",
        "/products?cinema=nowhere",
        "/nothing",
    ],
)
def test_what_does_not_exist_is_a_404(client: FlaskClient, demo: str, path: str) -> None:
    assert problem(client, path, 404)["code"] == "not_found"


def test_a_wrong_method_names_the_right_ones(client: FlaskClient, demo: str) -> None:
    answer = client.post(f"{BASE}/films")
    assert (answer.status_code, answer.mimetype) == (405, "application/problem+json")
    assert "GET" in answer.headers["Allow"]


BODY = {"screening": "12", "colour": "red"}


@pytest.mark.parametrize(
    ("asked", "answered", "title", "sentences"),
    [
        (
            "ja, en-GB;q=0.9, pt;q=0.8, *;q=0.1",
            "en",
            "Something does not fit",
            {"screening": "Send a whole number.", "colour": "This is not known here."},
        ),
        (
            "en;q=0, pt-PT",
            "pt-BR",
            "Algo não está certo",
            {"screening": "Mande um número inteiro.", "colour": "Isto não existe aqui."},
        ),
        ("ja", "pt-BR", "Algo não está certo", {}),
    ],
)
def test_texts_are_in_the_callers_language_and_the_type_is_not(
    client: FlaskClient, demo: str, asked: str, answered: str, title: str, sentences: dict[str, str]
) -> None:
    headers = {"Accept-Language": asked, "Idempotency-Key": "a-key-of-a-partner"}
    answer = client.post(f"{BASE}/orders", json=BODY, headers=headers)
    found = answer.get_json()
    assert (answer.status_code, found["type"]) == (422, "urn:bilheteria:problem:arguments")
    assert (answer.headers["Content-Language"], found["title"]) == (answered, title)
    assert "Accept-Language" in answer.vary
    details = {place["field"]: place["detail"] for place in found["errors"]}
    assert details.keys() == {"screening", "colour"}
    assert sentences.items() <= details.items()


def test_json_that_cannot_be_read_says_where(client: FlaskClient, demo: str) -> None:
    headers = {"Accept-Language": "en", "Idempotency-Key": "a-key-of-a-partner"}
    answer = client.post(
        f"{BASE}/orders", data='{"screening": 1,\n"seats"}', content_type="application/json", headers=headers
    )
    (place,) = answer.get_json()["errors"]
    assert (answer.status_code, place["detail"]) == (400, "This is no JSON: look at line 2.")


def test_too_many_requests_are_refused(
    client: FlaskClient, demo: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(limits, "REQUESTS", 2)
    for _ in range(2):
        assert client.get(f"{BASE}/films").status_code == 200
    answer = client.get(f"{BASE}/films")
    assert (answer.status_code, answer.get_json()["code"]) == (429, "too_many")
    assert int(answer.headers["Retry-After"]) >= 1


def test_pages_keep_their_own_error_page(client: FlaskClient, demo: str) -> None:
    assert client.get("/nothing").mimetype == "text/html"


def test_a_database_that_is_away_is_a_503(app: Flask, settings: Settings) -> None:
    from app import create_app

    away = settings.changed(database={"url": "postgresql://nobody@127.0.0.1:9/none"})
    answer = create_app(away).test_client().get(f"{BASE}/films")
    assert (answer.status_code, answer.mimetype) == (503, "application/problem+json")
    assert "Retry-After" in answer.headers
