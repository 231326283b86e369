"""Pages are compressed, but not those that an attacker can ask a browser with a session for (BREACH attack)."""

from __future__ import annotations

import gzip

import pytest
from flask.testing import FlaskClient

ACCEPT_GZIP = {"Accept-Encoding": "gzip, br"}
OWN_PAGE = {"Sec-Fetch-Site": "same-origin"}


def test_a_page_without_a_session_is_compressed(client: FlaskClient, demo: str) -> None:
    plain = client.get("/")
    compressed = client.get("/", headers=ACCEPT_GZIP)
    assert compressed.headers["Content-Encoding"] == "gzip"
    assert "Content-Encoding" not in plain.headers
    assert gzip.decompress(compressed.data).decode() == plain.text
    assert len(compressed.data) < len(plain.data) / 4
    assert int(compressed.headers["Content-Length"]) == len(compressed.data)
    assert {"Accept-Encoding", "Cookie"} <= set(compressed.vary)


def test_a_page_that_creates_the_session_is_compressed(client: FlaskClient, demo: str) -> None:
    answer = client.get("/account/sign-in", headers=ACCEPT_GZIP)
    assert b"csrf_token" in gzip.decompress(answer.data)
    assert answer.headers["Set-Cookie"].startswith("session=")


@pytest.mark.parametrize("asked_by", [OWN_PAGE, {"Referer": "http://localhost/films/some"}])
def test_a_page_of_a_session_is_compressed_for_our_own_pages(
    client: FlaskClient, demo: str, asked_by: dict[str, str]
) -> None:
    client.get("/account/sign-in")
    answer = client.get("/account/sign-in", headers=ACCEPT_GZIP | asked_by)
    assert b"csrf_token" in gzip.decompress(answer.data)


def test_a_form_that_comes_back_is_compressed_for_our_own_pages(client: FlaskClient, demo: str) -> None:
    client.get("/account/sign-in")
    answer = client.post("/account/sign-in", headers=ACCEPT_GZIP | OWN_PAGE)
    assert answer.status_code >= 400
    assert b"<form" in gzip.decompress(answer.data)


@pytest.mark.parametrize("path", ["/", "/account/sign-in"])
@pytest.mark.parametrize(
    "asked_by",
    [
        {},
        {"Sec-Fetch-Site": "cross-site"},
        {"Sec-Fetch-Site": "same-site"},
        {"Sec-Fetch-Site": "none"},
        {"Sec-Fetch-Site": "cross-site", "Referer": "http://localhost/"},
        {"Referer": "https://attacker.example/"},
    ],
)
def test_a_page_of_a_session_is_not_compressed_for_another_site(
    client: FlaskClient, demo: str, path: str, asked_by: dict[str, str]
) -> None:
    client.get("/account/sign-in")
    assert "Content-Encoding" not in client.get(path, headers=ACCEPT_GZIP | asked_by).headers
