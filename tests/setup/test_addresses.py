"""Links: only `app/web/links.py` makes addresses; services contain none, and templates compose none."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator

import pytest
from flask import Flask

from tests.setup.source_literals import ROOT, SERVICES, literals, modules

# Module → the reason why it contains addresses.
EXCEPTIONS = {
    "app/adapters/psp/sandbox.py": "plays a bank, which names its own page; no other provider has a page of ours",
}
# A service that reads this setting would make absolute addresses.
SITE = "public_url"
# `/orders/{{ token }}`, `{{ order.path }}/types`: an address and a value side by side in an attribute.
COMPOSED = re.compile(r"""=["'](?:/(?!static\b)[\w/-]*\{\{|\{\{[^}"']*\}\}/)""")


@pytest.fixture
def pages(app: Flask) -> re.Pattern[str]:
    """A pattern for the address of a page: a slash, then the first part of one of our routes."""
    first = {rule.rule.split("/")[1] for rule in app.url_map.iter_rules()}
    names = sorted(re.escape(name) for name in first if name and not name.startswith("<"))
    return re.compile(rf"(?<![\w./:>])/({'|'.join(names)})(?=[/?#]|$)", re.MULTILINE)


def addresses(source: str, pages: re.Pattern[str]) -> Iterator[tuple[int, str]]:
    """(line, text) of each literal with the address of a page, and of each use of the site's address."""
    for line, text in literals(source):
        if pages.search(text):
            yield line, text
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Attribute) and node.attr == SITE:
            yield node.lineno, SITE


def test_no_module_below_the_front_ends_contains_an_address(pages: re.Pattern[str]) -> None:
    found = {
        str(module): list(addresses((ROOT / module).read_text("utf-8"), pages))
        for module in modules(*SERVICES, "core", "adapters")
    }
    wrong = {module: lines for module, lines in found.items() if lines and module not in EXCEPTIONS}
    assert wrong == {}
    assert [module for module in EXCEPTIONS if not found[module]] == [], "an exception is no longer needed"


@pytest.mark.parametrize(
    "planted",
    [
        'return f"/orders/{self.token}"',
        'facts = {"path": "/account/sign-in"}',
        'path = "/screenings/" + str(screening_id)',
        'notice = "Your tickets: /orders/x/tickets.pdf"',
        'home = "/staff/scan"',
        "address = settings().public_url + path",
    ],
)
def test_a_planted_address_is_caught(pages: re.Pattern[str], planted: str) -> None:
    assert list(addresses(f"def planted(self, path, screening_id, settings):\n    {planted}\n", pages))


@pytest.mark.parametrize(
    "allowed",
    [
        '"""The page at /orders/<token>."""',
        'key = f"orders/{folder}/{name}.pdf"',
        'url = "https://bank.example/orders/1"',
        'text("select 1 from orders.orders")',
        "page = Page.ORDER",
        'folder = "/var/lib/orders"',
    ],
)
def test_other_texts_are_accepted(pages: re.Pattern[str], allowed: str) -> None:
    assert list(addresses(allowed, pages)) == []


def composed_addresses(markup: str) -> list[str]:
    return [line.strip() for line in markup.splitlines() if COMPOSED.search(line)]


def test_no_template_composes_an_address() -> None:
    found = {
        file.name: composed_addresses(file.read_text("utf-8"))
        for file in (ROOT / "templates").rglob("*.html")
        if composed_addresses(file.read_text("utf-8"))
    }
    assert found == {}


@pytest.mark.parametrize(
    "planted",
    [
        '<a href="/orders/{{ order.token }}">',
        '<form action="{{ order.path }}/types">',
        '<div data-status="{{ path }}/payment/status">',
    ],
)
def test_a_planted_address_in_a_template_is_caught(planted: str) -> None:
    assert composed_addresses(planted)


@pytest.mark.parametrize(
    "allowed",
    ['<a href="/help">', '<a href="{{ links.order(token, "types") }}">', '<img src="{{ asset("x.svg") }}">'],
)
def test_links_and_fixed_addresses_in_a_template_are_accepted(allowed: str) -> None:
    assert not composed_addresses(allowed)
