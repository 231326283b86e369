"""The focus of a kiosk's page, moved by keys, is seen whole: never under the header, the bar or the row of modes."""

from __future__ import annotations

from flask import Flask
from playwright.sync_api import Page, expect

from tests.journeys.test_kiosk import NewPage, kiosk_browser
from tests.kiosk.kiosk_visitor import paired_kiosk
from tests.orders.concessions import add_product
from tests.reservations.auditoriums import make_screening

PRODUCTS = 12  # more than a screen shows

# The name of the focus, and whether another element lies over a corner of it.
FOCUS = """() => {
  const one = document.activeElement, box = one.getBoundingClientRect();
  const places = [[box.left + 4, box.top + 4], [box.right - 4, box.top + 4],
    [box.left + 4, box.bottom - 4], [box.right - 4, box.bottom - 4]];
  const isSeen = places.every(([x, y]) => one.contains(document.elementFromPoint(x, y)));
  return [one.ariaLabel || one.innerText, isSeen];
}"""


def focuses(page: Page, key: str) -> dict[str, bool]:
    """Whether each focus is seen, by its name, from the top of the page to the row of modes or back."""
    found: dict[str, bool] = {}
    for _ in range(60):
        page.keyboard.press(key)
        name, is_seen = page.evaluate(FOCUS)
        if name in found:
            return found
        found[name] = is_seen
    raise AssertionError(f"there is no end: {list(found)}")


def test_the_focus_is_never_under_the_bar(app: Flask, new_page: NewPage) -> None:
    screening = make_screening("oooooooooo")
    for number in range(PRODUCTS):
        add_product(screening, name=f"Refri {number}")
    kiosk = paired_kiosk(app, screening.cinema.id, "pt-BR")
    kiosk.post("/kiosk/visits")
    path = kiosk.start(screening, "A1")
    kiosk.choose_full(path)
    browser = kiosk_browser(new_page, kiosk)
    page = browser.page
    browser.open(f"{path}/concessions")
    check(page, "ArrowDown")
    page.get_by_role("button", name="Tela baixa").press("Enter")
    expect(page.locator("html[data-low]")).to_have_count(1)
    check(page, "ArrowUp")


def check(page: Page, key: str) -> None:
    found = focuses(page, key)
    assert len(found) > PRODUCTS
    assert [name for name, is_seen in found.items() if not is_seen] == []
