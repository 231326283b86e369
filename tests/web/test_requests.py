"""Rules of every page: security headers, CSRF tokens, languages, size limits and error pages."""

from __future__ import annotations

import io
import re
import socket

import gevent
import pytest
from flask import Flask
from flask.testing import FlaskClient
from gunicorn.http.errors import ChunkMissingTerminator, InvalidChunkSize, NoMoreData

from app.web import requests
from app.web.security import safe_next

SAME_SITE = {"Sec-Fetch-Site": "same-origin"}


def csrf_token_of(page: str) -> str:
    found = re.search(r'name="csrf_token" value="([^"]+)"', page)
    assert found
    return found[1]


def test_every_page_has_the_security_headers(client: FlaskClient) -> None:
    for address in ("/", "/nowhere", "/healthz"):
        headers = client.get(address).headers
        policy = headers["Content-Security-Policy"]
        assert "default-src 'none'" in policy
        assert "unsafe" not in policy
        assert headers["X-Content-Type-Options"] == "nosniff"
        assert headers["Referrer-Policy"] == "same-origin"
        assert headers["X-Frame-Options"] == "DENY"


def test_health_and_readiness_answer_200(client: FlaskClient) -> None:
    assert client.get("/healthz").status_code == 200
    assert client.get("/readyz").status_code == 200


def test_an_unknown_address_gets_an_error_page(client: FlaskClient) -> None:
    answer = client.get("/films/does-not-exist", headers={"Accept-Language": "en"})
    assert answer.status_code == 404
    assert "Reel not found" in answer.text


def test_a_form_without_a_csrf_token_is_shown_again_with_its_values(client: FlaskClient) -> None:
    answer = client.post("/account/reset", data={"email": "ana@example.org"}, headers=SAME_SITE)
    assert answer.status_code == 400
    assert 'name="email" value="ana@example.org"' in answer.text
    again = client.post(
        "/account/reset",
        data={"email": "ana@example.org", "csrf_token": csrf_token_of(answer.text)},
        headers=SAME_SITE,
    )
    assert again.status_code == 200


def test_a_form_of_another_site_is_refused_and_not_shown_again(client: FlaskClient) -> None:
    other_site = {"Sec-Fetch-Site": "cross-site", "Accept-Language": "en"}
    answer = client.post("/account/reset", data={"email": "ana@example.org"}, headers=other_site)
    assert answer.status_code == 400
    assert "ana@example.org" not in answer.text
    assert "Send again" not in answer.text


def test_a_form_that_is_shown_again_contains_no_password(client: FlaskClient) -> None:
    answer = client.post("/account/sign-in", data={"password": "segredo"}, headers=SAME_SITE)
    assert answer.status_code == 400
    assert "segredo" not in answer.text


def test_a_password_change_that_is_shown_again_contains_no_password(client: FlaskClient) -> None:
    form = {"old": "segredo", "new": "outro-segredo", "name": "Ana"}
    answer = client.post("/account/password", data=form, headers=SAME_SITE)
    assert answer.status_code == 400
    assert 'name="name" value="Ana"' in answer.text
    assert "segredo" not in answer.text
    assert answer.headers["Cache-Control"] == "no-store"


@pytest.mark.parametrize("header", ["Origin", "Referer"])
def test_a_malformed_origin_counts_as_another_site(client: FlaskClient, header: str) -> None:
    answer = client.post("/language", data={"language": "en"}, headers={header: "http://["})
    assert answer.status_code == 303
    assert "Set-Cookie" not in answer.headers


def test_links_use_our_host_name_and_not_that_of_the_request(client: FlaskClient) -> None:
    for address in ("/", "/robots.txt", "/sitemap.xml", "/nowhere", "/account/sign-in"):
        answer = client.get(address, headers={"Host": "evil.example"})
        assert "evil.example" not in answer.text, address
    assert "http://localhost/sitemap.xml" in client.get("/robots.txt").text


def test_a_body_too_large_gets_an_error_page(client: FlaskClient) -> None:
    answer = client.post("/account/reset", data={"email": "x" * 300_000}, headers=SAME_SITE)
    assert answer.status_code == 413
    assert "<h1" in answer.text


class BrokenBody(io.RawIOBase):
    """A body whose reading raises: it ends too early, or its chunks are malformed."""

    def __init__(self, error: Exception) -> None:
        self.error = error

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: object) -> int:
        raise self.error


@pytest.mark.parametrize("address", ["/account/reset", "/webhooks/sandbox", "/language"])
@pytest.mark.parametrize(
    "content_type", ["application/x-www-form-urlencoded", "multipart/form-data; boundary=x"]
)
@pytest.mark.parametrize("error", [NoMoreData(b"x"), InvalidChunkSize(b"ZZ"), ChunkMissingTerminator(b"x")])
def test_a_broken_body_answers_400(
    client: FlaskClient, address: str, content_type: str, error: Exception
) -> None:
    answer = client.post(
        address,
        content_type=content_type,
        headers=SAME_SITE,
        environ_overrides={"wsgi.input": BrokenBody(error), "wsgi.input_terminated": True},
    )
    assert answer.status_code == 400


def test_only_our_own_pages_switch_the_language(client: FlaskClient) -> None:
    client.post("/language", data={"language": "en"}, headers={"Sec-Fetch-Site": "cross-site"})
    assert 'lang="pt-BR"' in client.get("/nowhere").text
    answer = client.post("/language", data={"language": "en", "next": "//evil.example"}, headers=SAME_SITE)
    assert (answer.status_code, answer.location) == (303, "/")
    assert 'lang="en"' in client.get("/nowhere").text


def test_reading_pages_creates_no_session(client: FlaskClient) -> None:
    assert "session" not in (client.get("/").headers.get("Set-Cookie") or "")


def test_nul_bytes_in_an_address_are_refused(client: FlaskClient) -> None:
    assert client.get("/films/a%00b").status_code == 404
    assert client.get("/?day=%00&cinema=%00").status_code in (200, 404, 422)


@pytest.mark.parametrize(
    ("address", "expected"),
    [
        ("/films/limite?day=2026-11-24", "/films/limite?day=2026-11-24"),
        ("//evil.example", "/"),
        ("/\\evil.example", "/"),
        ("https://evil.example", "/"),
        ("javascript:alert(1)", "/"),
        ("/ok\r\nSet-Cookie: x=1", "/"),
        ("", "/"),
        (None, "/"),
    ],
)
def test_only_our_own_paths_are_redirected_to(address: str | None, expected: str) -> None:
    assert safe_next(address) == expected


def test_the_language_of_the_browser_is_used_by_default(client: FlaskClient) -> None:
    assert 'lang="pt-BR"' in client.get("/nowhere", headers={"Accept-Language": "pt"}).text
    assert 'lang="en"' in client.get("/nowhere", headers={"Accept-Language": "en-GB,en;q=0.9"}).text
    assert 'lang="pt-BR"' in client.get("/nowhere", headers={"Accept-Language": "fr"}).text


def test_cookies_are_secure_and_host_bound_behind_tls(app: Flask) -> None:

    from app import create_app
    from app.core.config import settings

    secure = create_app(settings().changed(web={"behind_tls": True}, database={"url": None}))
    assert secure.config["SESSION_COOKIE_NAME"] == "__Host-session"
    assert secure.config["SESSION_COOKIE_SECURE"] is True
    # The settings say that the site uses https; the proxy may not send a header for it.
    answer = secure.test_client().post("/language", data={"language": "en"}, headers=SAME_SITE)
    assert "Secure" in answer.headers["Set-Cookie"]
    assert "max-age=31536000" in answer.headers["Strict-Transport-Security"]


class EndlessBody(io.RawIOBase):
    """A body that sends one byte every 20 ms without an end."""

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: memoryview) -> int:  # type: ignore[override]
        gevent.sleep(0.02)
        buffer[:1] = b"x"
        return 1


@pytest.mark.parametrize("address", ["/account/sign-in", "/webhooks/sandbox"])
def test_an_endless_body_gets_408_and_its_connection_is_closed(
    client: FlaskClient, monkeypatch: pytest.MonkeyPatch, address: str
) -> None:
    """The answer comes after the time limit; later bytes are not read."""
    monkeypatch.setattr(requests, "BODY_SECONDS", 0.2)
    ours, theirs = socket.socketpair()
    with ours, theirs:
        answer = client.post(
            address,
            content_type="application/x-www-form-urlencoded",
            headers=SAME_SITE | {"Accept-Language": "en"},
            environ_overrides={
                "wsgi.input": EndlessBody(),
                "CONTENT_LENGTH": "50000",
                "gunicorn.socket": ours,
            },
        )
        assert answer.status_code == 408
        assert "We could not read what was sent" in answer.text
        with pytest.raises(BrokenPipeError):
            theirs.send(b"x")
