"""Links: each address that `app.web.links` makes matches a route of the application."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from flask import Flask
from werkzeug.exceptions import MethodNotAllowed

from app.core.pages import Page
from app.web import links

ROOT = Path(__file__).resolve().parents[2]
# Matches calls such as links.order(order.token, "payment"): the function, and the part after the token.
CALL = re.compile(r"""links\.(order|screening|request|account|staff)\((?:[^()"',]+, )?["']([\w./-]+)["']\)""")


def has_route(app: Flask, path: str) -> bool:
    try:
        endpoint, _ = app.url_map.bind("localhost").match(path)
    except MethodNotAllowed:
        return True  # the route accepts POST only
    return endpoint != "static"


@pytest.mark.parametrize("page", [page for page in Page if page is not Page.PATH])
def test_every_page_that_messages_name_has_an_address(app: Flask, page: Page) -> None:
    address = links.address(page, "k")
    assert address.startswith("http://localhost/")
    assert has_route(app, address.removeprefix("http://localhost"))


def test_a_stored_path_is_linked_unchanged(app: Flask) -> None:
    assert links.address(Page.PATH, "/orders/x") == "http://localhost/orders/x"


def test_the_link_functions_make_addresses_with_a_route(app: Flask) -> None:
    paths = [
        links.HOME, links.film("limite"), links.screening(1), links.order("t"), links.request("t"),
        links.account(), links.staff("scan"), links.sandbox_bank("c"), links.sandbox_terminal(),
        links.email_link("verify", "t"),
    ]  # fmt: skip
    assert [path for path in paths if not has_route(app, path)] == []


def test_a_key_is_escaped_in_the_address() -> None:
    assert links.order("a/../b?c#d", "payment") == "/orders/a%2F..%2Fb%3Fc%23d/payment"


def calls_of_links() -> set[tuple[str, str]]:
    files = [*ROOT.glob("templates/**/*.html"), *ROOT.glob("app/shop/*.py"), *ROOT.glob("app/door/*.py")]
    return {found for file in files for found in CALL.findall(file.read_text("utf-8"))}


def test_the_parts_of_addresses_that_pages_name_have_a_route(app: Flask) -> None:
    """Code and templates name the part of an address as text: only this test finds a misspelt one."""
    keys = {"order": "t", "request": "t", "screening": 1}
    wrong = []
    for function, part in sorted(calls_of_links()):
        key = (keys[function],) if function in keys else ()
        if not has_route(app, getattr(links, function)(*key, part)):
            wrong.append((function, part))
    assert calls_of_links()
    assert wrong == []
