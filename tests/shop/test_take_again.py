"""An order that was given up, or whose time ran out: its seats once more by one tap, while nobody else has them."""

from __future__ import annotations

import re

import pytest
from flask import Flask
from werkzeug.test import TestResponse

from app.events.service import Screening
from tests.orders import purchases
from tests.orders.purchases import age_order, set_film_times
from tests.reservations.holds import hold
from tests.shop.test_payment_elsewhere import being_paid
from tests.shop.visitor import Visitor, order_at


def offered(page: TestResponse) -> dict[str, list[str]] | None:
    """The fields of the form that takes the seats again; None where there is none."""
    found = re.search(r'<form class="take-again".*?</form>', page.text, re.DOTALL)
    if found is None:
        return None
    fields: dict[str, list[str]] = {}
    for name, value in re.findall(r'name="([^"]+)" value="([^"]*)"', found[0]):
        fields.setdefault(name, []).append(value)
    return fields


def take_again(ana: Visitor, screening: Screening, page: TestResponse) -> str:
    """The seats of the order that one tap begins."""
    fields = offered(page)
    assert fields, "nothing is offered"
    answer = ana.post(f"/screenings/{screening.id}/orders", fields)
    assert answer.status_code == 303, answer.text
    order = order_at(answer.location.removesuffix("/types"))
    assert order.is_open
    return " ".join(seat.name for seat in order.seats)


@pytest.mark.parametrize("paying", [False, True])
def test_given_up_the_next_page_offers_them_once(ana: Visitor, screening: Screening, paying: bool) -> None:
    path = being_paid(ana, screening) if paying else ana.start(screening, "A4 A5")
    page = ana.get(ana.post(f"{path}/end").location)
    assert "You let A4 and A5 go." in page.text
    assert "Take A4 and A5 again" in page.text
    assert offered(ana.get(f"/screenings/{screening.id}")) is None, "told once"
    assert take_again(ana, screening, page) == "A4 A5"


def test_given_up_from_the_programme(ana: Visitor, screening: Screening) -> None:
    path = ana.start(screening, "A4 A5")
    page = ana.get(ana.post(f"{path}/end", {"next": "/"}).location)
    assert take_again(ana, screening, page) == "A4 A5"


def test_the_orders_page_offers_them_as_long_as_they_are_free(ana: Visitor, screening: Screening) -> None:
    path = ana.start(screening, "A4 A5")
    ana.post(f"{path}/end")
    assert offered(ana.get(path))
    hold(screening, "A5")
    page = ana.get(path)
    assert offered(page) is None
    assert "See the free seats" in page.text


def test_somebody_was_quicker_between_the_page_and_the_tap(ana: Visitor, screening: Screening) -> None:
    path = ana.start(screening, "A4 A5")
    ana.post(f"{path}/end")
    fields = offered(ana.get(path))
    hold(screening, "A5")
    answer = ana.post(f"/screenings/{screening.id}/orders", fields)
    assert (answer.status_code, "has just gone" in answer.text) == (409, True)


def test_time_over_within_the_grace_the_order_makes_way_for_the_new_one(
    ana: Visitor, screening: Screening
) -> None:
    """The claims outlive the deadline for two minutes: they are the visitor's own, and nobody else's yet."""
    path = ana.start(screening, "A4 A5")
    age_order(order_at(path), 10.5)
    page = ana.get(path)
    assert "Time is up" in page.text
    assert take_again(ana, screening, page) == "A4 A5"
    assert order_at(path).state == "cancelled"
    assert offered(Visitor(ana.client.application).get(path)) is None


def test_time_over_and_seen_by_the_clockwork(ana: Visitor, screening: Screening) -> None:
    path = ana.start(screening, "A4 A5")
    purchases.expire(order_at(path))
    page = ana.get(path)
    assert "Try A4 and A5 again" in page.text
    assert take_again(ana, screening, page) == "A4 A5"


def test_while_money_may_be_on_its_way_nothing_is_offered(ana: Visitor, screening: Screening) -> None:
    path = being_paid(ana, screening)
    age_order(order_at(path), 11)
    assert offered(ana.get(f"{path}/payment")) is None
    assert offered(ana.get(path)) is None
    purchases.run_ticks()
    purchases.expire(order_at(path))
    assert take_again(ana, screening, ana.get(f"{path}/payment")) == "A4 A5"


def test_not_when_sales_have_closed_or_it_was_paid(app: Flask, ana: Visitor, screening: Screening) -> None:
    paid = being_paid(ana, screening, "A7 A8")
    purchases.pay(order_at(paid))
    ana.post(f"{paid}/cancellation")
    assert offered(ana.get(paid)) is None, "its money goes back first"
    path = ana.start(screening, "A4 A5")
    ana.post(f"{path}/end")
    set_film_times(screening, started=60, ends=30)
    assert offered(ana.get(path)) is None


def test_every_step_has_it_at_hand_for_when_the_clock_runs_out(ana: Visitor, screening: Screening) -> None:
    """Shown by the script; without one the next page says so."""
    path = ana.start(screening, "A4 A5")
    ana.choose_full(path)
    for step in ("seats", "types", "concessions", "checkout"):
        page = ana.get(f"{path}/{step}")
        fields = offered(page)
        assert fields
        assert fields["replaces"] == [order_at(path).token]
        assert re.search(r"data-countdown-ended hidden>.*Try A4 and A5 again", page.text, re.DOTALL)
