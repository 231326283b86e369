"""Hostile values at every address and in every form field: no 500, no injected markup, no foreign redirect.

The routes come from the application, and the fields from the forms of its pages, so new pages are included.
"""

from __future__ import annotations

from urllib.parse import quote

import pytest
from flask import Flask
from werkzeug.test import TestResponse

from tests.web.form_fuzzer import (
    HOSTILE_VALUES,
    SAME_ORIGIN_HEADERS,
    Form,
    FormFuzzer,
    read_page,
    routes_with_method,
)

# These need no CSRF token: from another site they change nothing, as their functions explain.
NO_COOKIE_COUNTS = ("/webhooks/", "/api/")
WITHOUT_CSRF_TOKEN = {
    "/language", "/cinema", "/orders/<token>", "/orders/<token>/payment", "/kiosk/agent", "/kiosk/heartbeat",
    "/staff/offline/scans",  # its cookie is SameSite=Strict, and the request must come from our own page
}  # fmt: skip
EVERY_FIELD = ("age", "answer", "act", "code", "cpf", "email", "go", "instead", "keep", "kind", "language")
MORE_FIELDS = ("method", "name", "new", "next", "old", "once", "password", "quantity", "seat", "type")

BODIES = [
    (b"\xff\xfe=\xed\xa0\x80&seat=%ff&quantity=%", "application/x-www-form-urlencoded"),
    (b"seat=1&" * 3_000, "application/x-www-form-urlencoded"),
    (b"{", "application/json"),
    (b"[" * 50_000, "application/json"),
    (b"--x\r\nno multipart at all", "multipart/form-data; boundary=x"),
    (b"--x\r\n\r\n\r\n--x--", "multipart/form-data"),
    (
        b'--x\r\nContent-Disposition: form-data; name="seat"; filename="a\x00"\r\n\r\n1\r\n--x--',
        "multipart/form-data; boundary=x",
    ),
    (b"<?xml version='1.0'?><a/>", "text/xml; charset=no-such"),
    (b"x" * 300_000, "application/x-www-form-urlencoded"),
    (b"", "\u00e9/\u00e9"),
]
HEADERS = [
    {"Host": "evil.example"},
    {"Host": "[::"},
    {"Host": "a b\\c"},
    {"Referer": "http://["},
    {"Origin": "http://["},
    {"Origin": "null"},
    {"Cookie": "session=é; language=\x7f; =; ;;; visitor"},
    {"Cookie": 'session="\\377\\000"; language=../../x'},
    {"Cookie": "session=" + "a" * 20_000},
    {"Accept-Language": "*;q=é, ,,;q=, en;q=99999999999999999999"},
    {"Accept": ";;;q=x,*/*;q=1e999"},
    {"X-Forwarded-For": "é, , [::", "X-Forwarded-Proto": "javascript", "X-Forwarded-Host": "["},
    {"HX-Request": "true", "HX-Target": "é", "HX-Current-URL": "http://["},
    {"If-None-Match": "W/é", "If-Modified-Since": "yesterday", "Range": "bytes=9-1,-,x"},
    {"Last-Event-ID": "9" * 50, "Content-Length": "0"},
]


@pytest.fixture
def fuzzer(app: Flask) -> FormFuzzer:
    return FormFuzzer(app)


def assert_harmless(answer: TestResponse, what: str) -> None:
    """Assert that the answer is no server error, contains no injected markup and redirects to our pages only."""
    assert answer.status_code < 500 or "Retry-After" in answer.headers, what
    assert answer.status_code != 200 or answer.headers.get("Content-Security-Policy"), what
    location = answer.headers.get("Location", "/")
    assert location.startswith("/"), f"{what}: {location}"
    assert not location.startswith(("//", "/\\")), f"{what}: {location}"
    assert not any("\n" in value or "\r" in value for value in answer.headers.values()), what
    if answer.mimetype == "text/event-stream":
        answer.close()
        return
    assert "<img src=x" not in answer.get_data(as_text=True), what


def test_hostile_values_in_every_address(fuzzer: FormFuzzer, app: Flask) -> None:
    for rule in routes_with_method(app, "GET"):
        for address in fuzzer.hostile_addresses(rule):
            assert_harmless(fuzzer.get(address), address)
    for rule in routes_with_method(app, "POST"):
        fuzzer.reset_throttles()
        for address in fuzzer.hostile_addresses(rule):
            assert_harmless(fuzzer.post(address, []), f"POST {address}")


def test_hostile_values_in_every_query(fuzzer: FormFuzzer, app: Flask) -> None:
    names = {"next", "seen", "charge", "mailed", "view", "cinema"} | _query_names(fuzzer, app)
    assert {"day", "after"} <= names
    turn = 0
    for rule in routes_with_method(app, "GET"):
        for address in fuzzer.addresses(rule):
            turn += 1
            for value in HOSTILE_VALUES[turn % 4 :: 4]:  # a quarter of the values at each address
                query = "&".join(f"{name}={quote(value[:300])}" for name in sorted(names))
                assert_harmless(fuzzer.get(f"{address}?{query}"), f"{address}?…={value[:40]!r}")
            assert_harmless(fuzzer.get(f"{address}?%ff=%fe&%00&=&&a[]=1&day=%ED%A0%80"), address)


def _query_names(fuzzer: FormFuzzer, app: Flask) -> set[str]:
    found: set[str] = set()
    for rule in routes_with_method(app, "GET"):
        for address in fuzzer.addresses(rule):
            answer = fuzzer.get(address)
            if answer.mimetype == "text/html":
                found |= read_page(answer.text).queries
            answer.close()
    return found


def test_hostile_values_in_every_field_of_every_form(fuzzer: FormFuzzer, app: Flask) -> None:
    """Each field gets each hostile value once, while the other fields have the values of the page."""
    tried: set[tuple[str, tuple[str, ...]]] = set()
    for rule in routes_with_method(app, "GET"):
        for address in fuzzer.addresses(rule):
            for number, form in enumerate(_forms(fuzzer, address)):
                shape = (rule.rule, tuple(sorted(name for name, _ in form.fields)))
                if form.action == "/language" or shape in tried:
                    continue
                tried.add(shape)
                _try_form(fuzzer, address, number, form)
    assert {"/account/sign-in", "/orders/<token>/payment", "/orders/<token>/checkout"} <= {
        rule for rule, _ in tried
    }


def _forms(fuzzer: FormFuzzer, address: str) -> list[Form]:
    answer = fuzzer.get_or_sign_in_page(address)
    try:
        return read_page(answer.text).posted if answer.mimetype == "text/html" else []
    finally:
        answer.close()


def _try_form(fuzzer: FormFuzzer, page: str, number: int, form: Form) -> None:
    action = form.action or page
    for name in dict.fromkeys(name for name, _ in form.fields if name != "csrf_token"):
        fuzzer.reset_throttles()
        for value in HOSTILE_VALUES:
            fields = [(one, value if one == name else usual) for one, usual in form.fields]
            assert_harmless(fuzzer.post(action, fields), f"{action}: {name}={value[:40]!r}")


def test_hostile_values_in_all_fields_at_once(fuzzer: FormFuzzer, app: Flask) -> None:
    """The request also has fields that the page does not have: prices, fields of other forms, random names."""
    for rule in routes_with_method(app, "POST"):
        fuzzer.reset_throttles()
        addresses = list(fuzzer.addresses(rule))
        for number, value in enumerate(HOSTILE_VALUES):
            address, value = addresses[number % len(addresses)], value[:4_000]
            fields = [(name, value) for name in (*EVERY_FIELD, *MORE_FIELDS, "price", "total", "user_id")]
            fields += [(f"{name}-{value[:50]}", value) for name in ("type", "kind", "quantity")]
            fields += [(value[:200], value[:200])] * 3
            assert_harmless(fuzzer.post(address, fields), f"POST {address}: {value[:40]!r}")


def test_malformed_bodies(fuzzer: FormFuzzer, app: Flask) -> None:
    for body, content_type in BODIES:
        for rule in routes_with_method(app, "POST"):
            address = next(fuzzer.addresses(rule))
            fuzzer.sign_in()
            answer = fuzzer.client.post(
                address,
                data=body,
                content_type=content_type,
                headers=SAME_ORIGIN_HEADERS | {"X-CSRFToken": fuzzer.csrf},
            )
            assert_harmless(answer, f"{address} {content_type}")


def test_malformed_headers(fuzzer: FormFuzzer, app: Flask) -> None:
    """Each header is sent to half of the addresses: most headers are read before the route is matched."""
    fields = {"csrf_token": fuzzer.csrf}
    for number, headers in enumerate(HEADERS):
        for rule in routes_with_method(app, "GET")[number % 2 :: 2]:
            address = next(fuzzer.addresses(rule))
            assert_harmless(fuzzer.client.get(address, headers=headers), f"{address} {headers}")
        for rule in routes_with_method(app, "POST")[number // 2 % 2 :: 2]:
            address = next(fuzzer.addresses(rule))
            fuzzer.sign_in()
            here = f"{('http', 'https')[number % 2]}://localhost"
            answer = fuzzer.client.post(address, data=fields, headers=headers, base_url=here)
            assert_harmless(answer, f"POST {here}{address} {headers}")


def test_unsupported_methods(fuzzer: FormFuzzer, app: Flask) -> None:
    for rule in routes_with_method(app, "GET") + routes_with_method(app, "POST"):
        address = next(fuzzer.addresses(rule))
        for method in ("HEAD", "OPTIONS", "PUT", "DELETE", "PATCH", "TRACE", "FOO"):
            assert_harmless(fuzzer.client.open(address, method=method), f"{method} {address}")


def test_every_form_needs_a_csrf_token(fuzzer: FormFuzzer, app: Flask) -> None:
    for rule in routes_with_method(app, "POST"):
        for address in fuzzer.addresses(rule):
            answer = fuzzer.client.post(address, headers={"Sec-Fetch-Site": "cross-site"})
            if rule.rule not in WITHOUT_CSRF_TOKEN and not rule.rule.startswith(NO_COOKIE_COUNTS):
                assert answer.status_code == 400, address


def test_the_order_of_another_visitor_is_not_found(fuzzer: FormFuzzer, app: Flask) -> None:
    tried = 0
    for method in ("GET", "POST"):
        for rule in routes_with_method(app, method):
            if rule.rule.startswith("/orders/<token>"):
                address = rule.rule.replace("<token>", fuzzer.foreign.token)
                answer = fuzzer.get(address) if method == "GET" else fuzzer.post(address, [("go", "skip")])
                if (method, rule.rule) == (
                    "POST",
                    "/orders/<token>",
                ):  # redirects to the page, which answers 404
                    assert answer.location == address
                else:
                    assert answer.status_code == 404, f"{method} {address}"
                tried += 1
    assert tried > 15


def test_personal_pages_are_not_stored_by_caches(fuzzer: FormFuzzer, app: Flask) -> None:
    for rule in routes_with_method(app, "GET"):
        if rule.endpoint != "static" and rule.arguments & {"token", "charge_id", "admission_id"}:
            for address in fuzzer.addresses(rule):
                cache_control = fuzzer.get(address).headers["Cache-Control"]
                assert "no-store" in cache_control or "private" in cache_control, address
