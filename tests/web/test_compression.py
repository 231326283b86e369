"""Pages without a session are compressed; pages that may hold a secret are not (BREACH attack)."""

from __future__ import annotations

import gzip

import pytest
from flask.testing import FlaskClient

ACCEPT_GZIP = {"Accept-Encoding": "gzip, br"}


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


@pytest.mark.parametrize("path", ["/", "/account/sign-in"])
def test_pages_of_a_session_are_not_compressed(client: FlaskClient, demo: str, path: str) -> None:
    client.get("/account/sign-in")
    assert "Content-Encoding" not in client.get(path, headers=ACCEPT_GZIP).headers
