"""Take again: the seats of an expired or abandoned order are offered by one tap while they are free."""

from __future__ import annotations

import re

import pytest
from flask import Flask
from werkzeug.test import TestResponse

from app.events.service import Screening
from tests.orders import purchases
from tests.orders.purchases import age_order, set_film_times
from tests.reservations.holds import hold
from tests.shop.test_payment_elsewhere import start_payment_of
from tests.shop.visitor import Visitor, order_at


def take_again_form(page: TestResponse) -> dict[str, list[str]] | None:
    """The fields of the form that takes the seats again; None if the page has no such form."""
    found = re.search(r'<form class="take-again".*?</form>', page.text, re.DOTALL)
    if found is None:
        return None
    fields: dict[str, list[str]] = {}
    for name, value in re.findall(r'name="([^"]+)" value="([^"]*)"', found[0]):
        fields.setdefault(name, []).append(value)
    return fields


def take_again(ana: Visitor, screening: Screening, page: TestResponse) -> str:
    """Submit that form; returns the seats of the new order."""
    fields = take_again_form(page)
    assert fields, "the page does not offer the seats"
    answer = ana.post(f"/screenings/{screening.id}/orders", fields)
    assert answer.status_code == 303, answer.text
    order = order_at(answer.location.removesuffix("/types"))
    assert order.is_open
    return " ".join(seat.name for seat in order.seats)


@pytest.mark.parametrize("paying", [False, True])
def test_the_page_after_giving_up_offers_the_seats_once(
    ana: Visitor, screening: Screening, paying: bool
) -> None:
    path = start_payment_of(ana, screening) if paying else ana.start(screening, "A4 A5")
    page = ana.get(ana.post(f"{path}/end").location)
    assert "You let A4 and A5 go." in page.text
    assert "Take A4 and A5 again" in page.text
    assert take_again_form(ana.get(f"/screenings/{screening.id}")) is None, "the offer is shown once"
    assert take_again(ana, screening, page) == "A4 A5"


def test_the_programme_offers_the_seats_of_an_order_given_up_there(
    ana: Visitor, screening: Screening
) -> None:
    path = ana.start(screening, "A4 A5")
    page = ana.get(ana.post(f"{path}/end", {"next": "/"}).location)
    assert take_again(ana, screening, page) == "A4 A5"


def test_the_order_page_offers_the_seats_while_they_are_free(ana: Visitor, screening: Screening) -> None:
    path = ana.start(screening, "A4 A5")
    ana.post(f"{path}/end")
    assert take_again_form(ana.get(path))
    hold(screening, "A5")
    page = ana.get(path)
    assert take_again_form(page) is None
    assert "See the free seats" in page.text


def test_seats_taken_before_the_tap_are_lost(ana: Visitor, screening: Screening) -> None:
    path = ana.start(screening, "A4 A5")
    ana.post(f"{path}/end")
    fields = take_again_form(ana.get(path))
    hold(screening, "A5")
    answer = ana.post(f"/screenings/{screening.id}/orders", fields)
    assert (answer.status_code, "has just gone" in answer.text) == (409, True)


def test_a_new_order_replaces_the_expired_one_during_the_grace(ana: Visitor, screening: Screening) -> None:
    """The claims outlive the deadline by two minutes and still belong to the visitor."""
    path = ana.start(screening, "A4 A5")
    age_order(order_at(path), 10.5)
    page = ana.get(path)
    assert "Time is up" in page.text
    assert take_again(ana, screening, page) == "A4 A5"
    assert order_at(path).state == "cancelled"
    assert take_again_form(Visitor(ana.client.application).get(path)) is None


def test_the_seats_are_offered_after_the_tick_expired_the_order(ana: Visitor, screening: Screening) -> None:
    path = ana.start(screening, "A4 A5")
    purchases.expire(order_at(path))
    page = ana.get(path)
    assert "Try A4 and A5 again" in page.text
    assert take_again(ana, screening, page) == "A4 A5"


def test_no_seats_are_offered_while_a_payment_may_arrive(ana: Visitor, screening: Screening) -> None:
    path = start_payment_of(ana, screening)
    age_order(order_at(path), 11)
    assert take_again_form(ana.get(f"{path}/payment")) is None
    assert take_again_form(ana.get(path)) is None
    purchases.run_ticks()
    purchases.expire(order_at(path))
    assert take_again(ana, screening, ana.get(f"{path}/payment")) == "A4 A5"


def test_no_seats_are_offered_after_the_sales_or_a_payment(
    app: Flask, ana: Visitor, screening: Screening
) -> None:
    paid = start_payment_of(ana, screening, "A7 A8")
    purchases.pay(order_at(paid))
    ana.post(f"{paid}/cancellation")
    assert take_again_form(ana.get(paid)) is None, "the order was paid and is being refunded"
    path = ana.start(screening, "A4 A5")
    ana.post(f"{path}/end")
    set_film_times(screening, started=60, ends=30)
    assert take_again_form(ana.get(path)) is None


def test_every_step_contains_the_form_for_its_deadline(ana: Visitor, screening: Screening) -> None:
    """The script shows the form at the deadline; without scripts the next page shows it."""
    path = ana.start(screening, "A4 A5")
    ana.choose_full(path)
    for step in ("seats", "types", "concessions", "checkout"):
        page = ana.get(f"{path}/{step}")
        fields = take_again_form(page)
        assert fields
        assert fields["replaces"] == [order_at(path).token]
        assert re.search(r"data-countdown-ended hidden>.*Try A4 and A5 again", page.text, re.DOTALL)
