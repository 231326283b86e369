"""The pages of a purchase, step by step: contents and errors."""

from __future__ import annotations

import re

import pytest
from flask import Flask
from sqlalchemy import text

from app.core import cache, db
from app.events.service import Screening
from tests.orders import purchases
from tests.orders.concessions import add_product
from tests.orders.purchases import STUDENT
from tests.orders.test_basket import age
from tests.reservations.auditoriums import make_screening, seat_ids, seat_plan_of
from tests.shop.visitor import FULL, HALF, Visitor, order_at, types_form

HOSTILE = [
    "<img src=x onerror=alert(1)>",
    "{{7*7}}",
    "Ana\r\nBcc: everybody@example.com",
    "🎬🍿",
    "‮gnp.exe",
    "a" * 10_000,
    "' or 1=1 --",
    "\x00\x07",
]


def test_a_purchase_step_by_step(ana: Visitor, screening: Screening) -> None:
    popcorn = add_product(screening, name="Popcorn")
    path = ana.start(screening, "A4 A5")
    page = ana.get(f"{path}/types")
    assert "6 of 6 half-price tickets are left" in page.text
    answer = ana.post(f"{path}/types", types_form(path, FULL, HALF))
    assert answer.location == f"{path}/concessions"
    assert "Popcorn for two?" in ana.get(f"{path}/concessions").text
    answer = ana.post(f"{path}/concessions", {f"quantity-{popcorn}": "2"})
    assert answer.location == f"{path}/checkout"
    page = ana.get(f"{path}/checkout")
    for words in (
        "A4 · full price",
        "A5 · half price, student",
        "2 × Popcorn",
        "R$\xa099.00",
        "Pay R$\xa099.00",
    ):
        assert words in page.text
    answer = ana.check_out(path)
    assert (answer.status_code, answer.location) == (303, f"{path}/payment")
    purchases.run_due_work()
    paid = purchases.pay(order_at(path))
    page = ana.get(path)
    assert "Enjoy the film!" in page.text
    assert paid.code in page.text
    assert '<meta name="robots" content="noindex">' in page.text


def test_every_step_is_in_portuguese(app: Flask, screening: Screening) -> None:
    rui = Visitor(app, "pt-BR")
    path = rui.start(screening, "A4 A5")
    assert '<html lang="pt-BR"' in rui.get(f"{path}/types").text


@pytest.mark.parametrize("step", ["types", "concessions", "checkout", "payment", ""])
def test_the_basket_of_another_visitor_is_not_found(
    app: Flask, ana: Visitor, screening: Screening, step: str
) -> None:
    path = ana.start(screening, "A4")
    eva = Visitor(app)
    assert eva.get(f"{path}/{step}".rstrip("/")).status_code == 404
    for verb in ("types", "concessions", "checkout", "extensions", "end"):
        assert eva.post(f"{path}/{verb}", {"type-1": "full"}).status_code == 404
    assert order_at(path).state == "draft"


def test_an_unknown_order_is_not_found(ana: Visitor) -> None:
    for token in ("nothing", "a" * 5000, "%00", "..%2f.."):
        for step in ("", "/types", "/checkout", "/cancellation", "/payment"):
            assert ana.get(f"/orders/{token}{step}").status_code in (404, 414)


def test_forms_without_a_csrf_token_change_nothing(ana: Visitor, screening: Screening) -> None:
    path = ana.start(screening, "A4")
    answer = ana.client.post(
        f"{path}/end", data={"csrf_token": "forged"}, headers={"Sec-Fetch-Site": "cross-site"}
    )
    assert answer.status_code == 400
    assert order_at(path).state == "draft"


def test_a_stale_form_is_shown_again_with_its_values(ana: Visitor, screening: Screening) -> None:
    path = ana.start(screening, "A4")
    ana.choose_full(path)
    typed = {"name": "Ana Souza", "email": "ana@example.org", "cpf": "529.982.247-25", "method": "pix"}
    answer = ana.client.post(f"{path}/checkout", data=typed | {"csrf_token": "old"}, headers=ana.headers)
    assert answer.status_code == 400
    assert answer.headers["Cache-Control"] == "no-store"
    again = dict(re.findall(r'<input type="hidden" name="([^"]+)" value="([^"]*)">', answer.text))
    assert {name: again[name] for name in typed} == typed
    assert ana.client.post(f"{path}/checkout", data=again, headers=ana.headers).status_code == 303
    with db.reading() as session:
        assert session.execute(text("select cpf from orders.orders")).scalar_one() == "52998224725"


def test_a_browser_without_cookies_gets_an_explanation(app: Flask, screening: Screening) -> None:
    """After the first form the cookie may have expired; after the second one the page says that cookies are refused."""
    eva = Visitor(app)
    address, form = f"/screenings/{screening.id}/orders", {"csrf_token": "sealed", "quantity": "2"}
    first = app.test_client(use_cookies=False).post(address, data=form, headers=eva.headers)
    assert first.status_code == 400
    assert "Your browser did not send the cookie of this page" in first.text
    assert "nothing is lost" not in first.text
    assert 'name="sent_again" value="1"' in first.text
    form |= {"sent_again": "1"}
    second = app.test_client(use_cookies=False).post(address, data=form, headers=eva.headers)
    assert (second.status_code, "Allow cookies for this site" in second.text) == (400, True)
    assert second.text.count('name="sent_again"') == 1
    assert 'name="quantity" value="2"' in second.text
    eva.get("/orders/find")
    stale = eva.client.post(address, data=form, headers=eva.headers)
    assert "its form has expired" in stale.text, "the cookie was sent, so it is not the reason"


@pytest.mark.parametrize(
    ("chosen", "says"),
    [
        (("half", ""), "the door asks for the proof"),
        (("half", "friend"), "the door asks for the proof"),
        (("free", ""), "Choose full price or half price"),
        (("half", "companion"), "beside a disabled person"),
    ],
)
def test_invalid_types_are_refused(
    ana: Visitor, screening: Screening, chosen: tuple[str, str], says: str
) -> None:
    path = ana.start(screening, "A4 A5")
    answer = ana.post(f"{path}/types", types_form(path, HALF, chosen))
    assert answer.status_code == 422
    assert says in answer.text
    first, second = order_at(path).seats
    assert f'id="seat-{second.seat_id}-error"' in answer.text, "the error is at its seat"
    assert answer.text.count(f'name="kind-{first.seat_id}" value="student" checked') == 1, (
        "the other choices are kept"
    )


def test_a_seat_of_another_order_in_the_form_is_refused(ana: Visitor, screening: Screening) -> None:
    path = ana.start(screening, "A4")
    foreign = seat_ids(seat_plan_of(screening), "A9")[0]
    answer = ana.post(
        f"{path}/types", types_form(path, FULL) | {f"type-{foreign}": "half", f"kind-{foreign}": "student"}
    )
    assert answer.status_code == 422
    assert "not part of this order" in answer.text


def test_prices_in_the_form_are_ignored(ana: Visitor, screening: Screening) -> None:
    popcorn = add_product(screening)
    path = ana.start(screening, "A4")
    tampered = {"price": "1", "total": "1", f"price-{order_at(path).seats[0].seat_id}": "1"}
    ana.post(f"{path}/types", types_form(path, FULL) | tampered)
    ana.post(f"{path}/concessions", {f"quantity-{popcorn}": "1", f"price-{popcorn}": "1"} | tampered)
    ana.check_out(path, **tampered)
    assert order_at(path).total == 3800 + 2100


def test_types_beyond_the_half_price_quota_are_refused(
    app: Flask, ana: Visitor, screening: Screening
) -> None:
    purchases.choose(
        purchases.start(screening, seat_ids(seat_plan_of(screening), "A1 A2 A3 A4 A5"), "eva"), [STUDENT] * 5
    )
    path = ana.start(screening, "A7 A8")
    answer = ana.post(f"{path}/types", types_form(path, HALF, HALF))
    assert answer.status_code == 409
    assert "Only 1 half-price ticket is left" in answer.text
    assert answer.text.count('value="student" checked') == 2


def test_the_age_rating_must_be_confirmed(ana: Visitor, screening: Screening) -> None:
    age(screening, "16")
    path = ana.start(screening, "A4")
    assert "not recommended under 16" in ana.get(f"{path}/types").text
    answer = ana.post(f"{path}/types", types_form(path, FULL))
    assert (answer.status_code, "confirm the age rating" in answer.text) == (422, True)
    assert ana.post(f"{path}/types", types_form(path, FULL) | {"age": "yes"}).status_code == 303


def test_all_errors_of_the_types_are_shown_at_once(ana: Visitor, screening: Screening) -> None:
    age(screening, "16")
    path = ana.start(screening, "A4 A5 A6")
    answer = ana.post(f"{path}/types", types_form(path, ("half", ""), FULL, ("half", "")))
    assert answer.status_code == 422
    assert "3 things to put right" in answer.text
    first, _, last = order_at(path).seats
    for field in (f"seat-{first.seat_id}", f"seat-{last.seat_id}", "age"):
        assert f'href="#{field}"' in answer.text
        assert f'id="{field}"' in answer.text
        assert f'id="{field}-error"' in answer.text


def test_a_combo_has_its_name_on_every_step(ana: Visitor, screening: Screening) -> None:
    popcorn, combo = add_product(screening, name="Popcorn"), add_product(screening, name="Double")
    with db.transaction() as session:
        session.execute(text("update products.products set kind = 'combo' where id = :id"), {"id": combo})
    cache.clear_all()
    path = ana.start(screening, "A4")
    ana.post(f"{path}/types", types_form(path, FULL))
    ana.post(f"{path}/concessions", {f"quantity-{popcorn}": "1", f"quantity-{combo}": "1"})
    for step in ("concessions", "checkout"):
        assert "1 ticket + 1 combo + 1 snack" in ana.get(f"{path}/{step}").text, step


@pytest.mark.parametrize(
    ("field", "typed", "says"),
    [
        ("name", "", "Tell us your name"),
        ("name", "a" * 10_000, "too long"),
        ("email", "", "We need an e-mail"),
        ("email", "ana@", "not complete"),
        ("email", "ana@example.com\r\nBcc: x@example.com", "not complete"),
        ("cpf", "111.111.111-11", "does not add up"),
        ("method", "cash", "Choose Pix or card"),
    ],
)
def test_errors_of_the_checkout_are_at_their_fields(
    ana: Visitor, screening: Screening, field: str, typed: str, says: str
) -> None:
    path = ana.start(screening, "A4")
    ana.choose_full(path)
    answer = ana.check_out(path, **{field: typed})
    assert answer.status_code == 422
    assert says in answer.text
    assert f'id="{field}-error"' in answer.text
    if field != "name":
        assert 'value="Ana Souza"' in answer.text
    assert order_at(path).state == "draft"


def test_all_errors_of_the_checkout_are_shown_at_once(ana: Visitor, screening: Screening) -> None:
    path = ana.start(screening, "A4")
    ana.choose_full(path)
    answer = ana.check_out(path, name="", email="x", cpf="1")
    assert "3 things to put right" in answer.text


@pytest.mark.parametrize("text", HOSTILE)
def test_hostile_values_are_shown_as_text(ana: Visitor, screening: Screening, text: str) -> None:
    path = ana.start(screening, "A4")
    ana.choose_full(path)
    for field in ("name", "email", "cpf"):
        answer = ana.check_out(path, **{field: text})
        assert answer.status_code in (303, 422)
        assert "<img src=x" not in answer.text
        if answer.status_code == 303:
            return


def test_a_body_too_large_is_refused(ana: Visitor, screening: Screening) -> None:
    path = ana.start(screening, "A4")
    assert ana.post(f"{path}/checkout", {"name": "a" * 2_000_000}).status_code == 413


def test_a_wheelchair_space_is_named_on_every_step(ana: Visitor) -> None:
    screening = make_screening("wcoo", "oooo")
    path = ana.start(screening, "A1 A2")
    said = ana.get(f"{path}/seats").text
    assert "Row A, seat 1 · wheelchair space" in said
    assert "Row A, seat 2 · companion&#39;s seat" in said
    assert '<p class="kind" aria-hidden="true">wheelchair space</p>' in ana.get(f"{path}/types").text
    ana.choose_full(path)
    assert "A1, wheelchair space · full price" in ana.get(f"{path}/checkout").text
