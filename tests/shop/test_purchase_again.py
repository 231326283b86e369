"""Steps of a purchase opened again: by the back button, in other tabs, twice, too late, or on another day."""

from __future__ import annotations

import html
import json
import re

import pytest
from flask import Flask

from app.core import config
from app.events.service import Screening
from tests.orders import purchases
from tests.orders.concessions import add_product
from tests.shop.visitor import FULL, Visitor, order_at, types_form


def test_the_back_button_and_other_tabs_lead_to_the_current_step(ana: Visitor, screening: Screening) -> None:
    path = ana.start(screening, "A4")
    assert ana.get(path).location == f"{path}/types"
    assert ana.get(f"{path}/checkout").location == f"{path}/types"
    assert ana.get(f"{path}/concessions").location == f"{path}/types"
    ana.choose_full(path)
    assert ana.get(path).location == f"{path}/checkout"
    assert ana.get(f"{path}/types").status_code == 200, "earlier steps stay open"
    assert ana.check_out(path).status_code == 303
    for step in ("", "/types", "/concessions", "/checkout"):
        assert ana.get(path + step).location == f"{path}/payment"
    assert ana.check_out(path).location == f"{path}/payment", "a double click changes nothing"
    purchases.run_due_work()
    purchases.pay(order_at(path))
    for step in ("/types", "/concessions", "/checkout", "/payment"):
        assert ana.get(path + step).location == path
    assert ana.check_out(path).location == path


def test_the_steps_after_the_deadline(ana: Visitor, screening: Screening, settings: config.Settings) -> None:
    path = ana.start(screening, "A4")
    ana.choose_full(path)
    purchases.age_order(order_at(path), settings.holds.minutes)
    for step in ("/types", "/concessions", "/checkout"):
        assert ana.get(path + step).location == path
    assert ana.check_out(path).location == path
    assert ana.post(f"{path}/types", types_form(path, FULL)).location == path
    assert "Time is up" in ana.get(path).text


def test_the_page_after_the_deadline_does_not_offer_the_seats_during_the_grace(
    ana: Visitor, screening: Screening, settings: config.Settings
) -> None:
    """During the grace nobody can take the seats: the text is true before and after its end."""
    path = ana.start(screening, "A4")
    ana.choose_full(path)
    purchases.age_order(order_at(path), settings.holds.minutes)
    page = ana.get(path).text
    assert "The seats are no longer held" in page
    assert "on sale" not in page


@pytest.mark.parametrize(
    ("bank", "stage", "said"),
    [
        ("slow", "returned", "it goes back to you by itself"),
        ("ok", "went_back", "it went back to you, whole"),
        ("fail", "stuck", "settle it by hand"),
    ],
)
def test_a_wrong_payment_and_its_refund_are_shown(
    ana: Visitor, screening: Screening, bank: str, stage: str, said: str
) -> None:
    path = ana.start(screening, "A4")
    ana.choose_full(path)
    ana.check_out(path)
    purchases.run_due_work()
    purchases.bank().set_refund_mode(purchases.charge_id(order_at(path)), bank)
    purchases.pay(order_at(path), amount=100)
    page = ana.get(f"{path}/payment").text
    assert f'data-stage="{stage}"' in page
    assert said in html.unescape(page)
    assert ">Pay by Pix</button>" in page, "the order still waits for a payment"
    assert "<dt>What arrived</dt><dd><b>R$\xa01.00</b>" in page
    assert "<dt>What the order costs</dt><dd><b>R$\xa038.00</b>" in page
    asks_on = re.search(r'hx-get="([^"]+)"', page)
    assert bool(asks_on) == (stage == "returned")
    if asks_on:
        again = ana.get(html.unescape(asks_on[1]))
        assert again.status_code == 204, "the state has not changed"
        assert "HX-Redirect" not in again.headers


def test_an_extension_with_and_without_a_script(ana: Visitor, screening: Screening) -> None:
    path = ana.start(screening, "A4")
    deadline = order_at(path).deadline
    answer = ana.post(f"{path}/extensions", Referer=f"http://localhost{path}/types")
    assert (answer.status_code, answer.location) == (303, f"{path}/types")
    assert order_at(path).deadline > deadline
    assert "+5 minutes</span>" in ana.get(f"{path}/types").text, "the extension is visible too"
    assert "+5 minutes</span>" not in ana.get(f"{path}/types").text, "once"
    answer = ana.post(f"{path}/extensions", Accept="application/json")
    assert (answer.status_code, json.loads(answer.text)["more"]) == (200, False)
    assert ana.post(f"{path}/extensions", Accept="application/json").status_code == 409
    answer = ana.post(f"{path}/extensions", Referer="http://evil.example/orders/x/types")
    assert answer.location == path


def test_giving_up_redirects_to_the_map(ana: Visitor, screening: Screening) -> None:
    path = ana.start(screening, "A4")
    assert ana.post(f"{path}/end").location == f"/screenings/{screening.id}"
    assert "You let this order go" in ana.get(path).text
    assert ana.post(f"{path}/end").location == f"/screenings/{screening.id}"


def test_the_same_form_sent_twice_creates_one_order(ana: Visitor, screening: Screening) -> None:
    assert ana.start(screening, "A4", once="a-double-click") == ana.start(
        screening, "A4", once="a-double-click"
    )


def test_a_total_changed_in_another_tab_is_confirmed_before_the_payment(
    ana: Visitor, screening: Screening
) -> None:
    popcorn = add_product(screening, name="Popcorn")
    path = ana.start(screening, "A4")
    ana.choose_full(path)
    shown = re.search(r'name="shown" value="(\d+)"', ana.get(f"{path}/checkout").text)
    assert shown
    assert ana.post(f"{path}/concessions", {f"quantity-{popcorn}": "3"}).status_code == 303
    for total in (shown[1], "", "nothing", "٣", "9" * 40):
        answer = ana.check_out(path, shown=total, cpf="529.982.247-25", method="card")
        assert answer.status_code == 409
        assert "it costs R$\xa0101.00 now" in answer.text
        for typed in ("Ana Souza", "ana@example.org", "529.982.247-25", 'value="card" checked'):
            assert typed in answer.text
        assert order_at(path).state == "draft"
    answer = ana.check_out(path, shown=shown[1], name="")
    assert answer.status_code == 422
    assert "it costs R$\xa0101.00 now" in answer.text, "both errors are shown at once"
    now = re.search(r'name="shown" value="(\d+)"', answer.text)
    assert now
    assert ana.check_out(path, shown=now[1]).location == f"{path}/payment"
    assert ana.check_out(path, shown=shown[1]).location == f"{path}/payment", (
        "the order of the payment does not change"
    )
    assert order_at(path).total == 3800 + 3 * 2100


def test_an_order_is_found_after_leaving_the_site(app: Flask, ana: Visitor, screening: Screening) -> None:
    film = f"/films/{screening.film.slug}"
    assert "still yours" not in ana.get(film).text
    path = ana.start(screening, "A4 A5")
    for page in ("/", film):
        answer = ana.get(page)
        assert "A4 and A5 for Metrópolis are still yours" in answer.text
        assert f'href="{path}"' in answer.text
    assert "still yours" not in Visitor(app).get(film).text
