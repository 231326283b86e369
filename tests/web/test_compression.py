"""A first page leaves compressed; what may hold a secret does not."""

from __future__ import annotations

import gzip

import pytest
from flask.testing import FlaskClient

PACKED = {"Accept-Encoding": "gzip, br"}


def test_a_page_for_everybody_is_compressed(client: FlaskClient, demo: str) -> None:
    plain = client.get("/")
    packed = client.get("/", headers=PACKED)
    assert packed.headers["Content-Encoding"] == "gzip"
    assert "Content-Encoding" not in plain.headers
    assert gzip.decompress(packed.data).decode() == plain.text
    assert len(packed.data) < len(plain.data) / 4
    assert int(packed.headers["Content-Length"]) == len(packed.data)
    assert {"Accept-Encoding", "Cookie"} <= set(packed.vary)


def test_a_first_page_may_hold_the_seal_that_is_born_with_it(client: FlaskClient, demo: str) -> None:
    answer = client.get("/account/sign-in", headers=PACKED)
    assert b"csrf_token" in gzip.decompress(answer.data)
    assert answer.headers["Set-Cookie"].startswith("session=")


@pytest.mark.parametrize("path", ["/", "/account/sign-in"])
def test_who_has_a_session_gets_plain_pages(client: FlaskClient, demo: str, path: str) -> None:
    client.get("/account/sign-in")
    assert "Content-Encoding" not in client.get(path, headers=PACKED).headers
