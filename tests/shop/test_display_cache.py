"""The display cache: pages may be a second old, claims of this process are shown at once, and no decision uses it."""

from __future__ import annotations

import uuid
from unittest.mock import Mock

import pytest
from flask import Flask

from app.core import cache
from app.events.service import Screening
from app.shop import display_cache, programme, taken_seats
from tests.reservations.auditoriums import seat_ids, seat_plan_of
from tests.reservations.holds import hold
from tests.shop.visitor import Visitor


@pytest.fixture(autouse=True)
def long_seconds(monkeypatch: pytest.MonkeyPatch) -> None:
    """Keep the entries of the display cache for the whole test, also on a slow machine."""
    for one in (
        display_cache.PROGRAMME_PAGES,
        display_cache._HALF_PRICE_LEFT,
        display_cache._MENUS,
        taken_seats._TAKEN,
    ):
        monkeypatch.setattr(one, "seconds", 600.0)


def taken_on_the_page(visitor: Visitor, screening: Screening) -> int:
    return visitor.get(f"/screenings/{screening.id}").text.count(" disabled aria-label=")


def test_a_claim_of_another_process_is_shown_after_the_cache_expires(
    ana: Visitor, screening: Screening
) -> None:
    assert taken_on_the_page(ana, screening) == 0
    hold(screening, "A1", visitor="bia")  # another process does this without the cache of this one
    assert taken_on_the_page(ana, screening) == 0
    cache.clear_all()
    assert taken_on_the_page(ana, screening) == 1


def test_a_claim_of_this_process_is_shown_at_once(app: Flask, ana: Visitor, screening: Screening) -> None:
    assert taken_on_the_page(ana, screening) == 0
    seat = seat_ids(seat_plan_of(screening), "A1")[0]
    Visitor(app).post(f"/screenings/{screening.id}/orders", {"once": uuid.uuid4().hex, "seat": str(seat)})
    assert taken_on_the_page(ana, screening) == 1


def test_a_cached_free_seat_that_is_taken_is_lost(ana: Visitor, screening: Screening) -> None:
    assert taken_on_the_page(ana, screening) == 0
    seat = seat_ids(seat_plan_of(screening), "A1")[0]
    hold(screening, "A1", visitor="bia")  # another process does this without the cache of this one
    answer = ana.post(f"/screenings/{screening.id}/orders", {"once": uuid.uuid4().hex, "seat": str(seat)})
    assert answer.status_code == 409
    assert "A1 has just gone." in answer.text


@pytest.mark.usefixtures("screening")
def test_the_programme_is_rendered_once_a_second(ana: Visitor, monkeypatch: pytest.MonkeyPatch) -> None:
    render = Mock(wraps=programme._programme)
    monkeypatch.setattr(programme, "_programme", render)
    for _ in range(2):
        ana.get("/")
    assert render.call_count == 1
    cache.clear_all()
    ana.get("/")
    assert render.call_count == 2
