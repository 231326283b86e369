"""The language switch within a step of the purchase: nothing is submitted, and all entered values are kept."""

from __future__ import annotations

import re

import pytest
from werkzeug.test import TestResponse

from app.events.service import Screening
from tests.orders.concessions import add_product
from tests.reservations.auditoriums import seat_ids, seat_plan_of
from tests.shop.visitor import FULL, HALF, Visitor, order_at, types_form


def input_with(answer: TestResponse, *attributes: str) -> str:
    """The only input with these attributes."""
    tags = re.findall(r"<input\b[^>]*>", answer.text)
    found = [tag for tag in tags if all(attribute in tag for attribute in attributes)]
    assert len(found) == 1, (attributes, found)
    return found[0]


def in_portuguese(answer: TestResponse) -> bool:
    return answer.status_code == 200 and '<html lang="pt-BR"' in answer.text


def test_the_chosen_types_are_kept(ana: Visitor, screening: Screening) -> None:
    path = ana.start(screening, "A4 A5")
    first, second = (seat.seat_id for seat in order_at(path).seats)
    answer = ana.post(f"{path}/types", types_form(path, FULL, HALF) | {"language": "pt_BR"})
    assert in_portuguese(answer)
    assert "Meia-entrada" in answer.text
    assert " checked" in input_with(answer, f'name="type-{second}"', 'value="half"')
    assert " checked" in input_with(answer, f'name="kind-{second}"', 'value="student"')
    assert " checked" in input_with(answer, f'name="type-{first}"', 'value="full"')
    assert [seat.ticket_type for seat in order_at(path).seats] == ["full", "full"]
    assert in_portuguese(ana.get(f"{path}/types"))  # the language is stored


def test_incomplete_types_show_no_error(ana: Visitor, screening: Screening) -> None:
    path = ana.start(screening, "A4 A5")
    answer = ana.post(f"{path}/types", types_form(path, ("half", ""), FULL) | {"language": "pt_BR"})
    assert in_portuguese(answer)
    assert "error-summary" not in answer.text


def test_the_chosen_concessions_are_kept(ana: Visitor, screening: Screening) -> None:
    popcorn = add_product(screening, name="Popcorn")
    path = ana.start(screening, "A4 A5")
    ana.choose_full(path)
    answer = ana.post(f"{path}/concessions", {f"quantity-{popcorn}": "3", "language": "pt_BR"})
    assert in_portuguese(answer)
    assert 'value="3"' in input_with(answer, f'name="quantity-{popcorn}"')
    assert order_at(path).items == ()


def test_the_typed_checkout_is_kept(ana: Visitor, screening: Screening) -> None:
    path = ana.start(screening, "A4")
    ana.choose_full(path)
    answer = ana.check_out(path, name="Ana <b>", email="ana@", cpf="529.982", method="card", language="pt_BR")
    assert in_portuguese(answer)
    assert 'value="Ana &lt;b&gt;"' in input_with(answer, 'name="name"')
    assert 'value="ana@"' in input_with(answer, 'name="email"')
    assert 'value="529.982"' in input_with(answer, 'name="cpf"')
    assert " checked" in input_with(answer, 'name="method"', 'value="card"')
    assert 'aria-invalid="true"' not in answer.text
    assert order_at(path).state == "draft"


def test_the_ticked_seats_are_kept(ana: Visitor, screening: Screening) -> None:
    chosen = seat_ids(seat_plan_of(screening), "A4 A5")
    form: dict[str, object] = {"seat": [str(seat) for seat in chosen], "once": "x" * 20, "language": "pt_BR"}
    answer = ana.post(f"/screenings/{screening.id}/orders", form)
    assert in_portuguese(answer)
    assert "2 lugares: A4, A5" in answer.text
    assert "Location" not in answer.headers
    # The seats are not held: another visitor can take them.
    assert Visitor(ana.client.application).start(screening, "A4 A5")


def test_the_ticked_other_seats_of_an_order_are_kept(ana: Visitor, screening: Screening) -> None:
    path = ana.start(screening, "A4 A5")
    chosen = seat_ids(seat_plan_of(screening), "A1 A2")
    form: dict[str, object] = {"seat": [str(seat) for seat in chosen], "language": "pt_BR"}
    answer = ana.post(f"{path}/seats", form)
    assert in_portuguese(answer)
    assert "2 lugares: A1, A2" in answer.text
    assert [seat.name for seat in order_at(path).seats] == ["A4", "A5"]


@pytest.mark.parametrize("step", ["types", "concessions", "checkout", "seats"])
def test_the_language_is_switched_when_the_step_is_over(
    ana: Visitor, screening: Screening, step: str
) -> None:
    path = ana.start(screening, "A4")
    ana.choose_full(path)
    ana.get(f"{path}/{step}")
    ana.post(f"{path}/end")
    answer = ana.post(f"{path}/{step}", {"language": "pt_BR"})
    assert answer.status_code == 303
    assert in_portuguese(ana.get(path))


def test_an_unknown_language_changes_nothing(ana: Visitor, screening: Screening) -> None:
    path = ana.start(screening, "A4")
    answer = ana.post(f"{path}/types", types_form(path, FULL) | {"language": "tlh"})
    assert answer.location == f"{path}/concessions"


def test_enter_in_a_field_submits_the_step(ana: Visitor, screening: Screening) -> None:
    """A browser activates the first button of the form, which must not be the language button."""
    path = ana.start(screening, "A4")
    pages = [ana.get(f"/screenings/{screening.id}").text, ana.get(f"{path}/types").text]
    ana.choose_full(path)
    pages += [ana.get(f"{path}/{step}").text for step in ("concessions", "checkout", "seats")]
    for page in pages:
        form = re.search(r'<form[^>]* id="([\w-]+)"[^>]*method="post"[^>]*novalidate', page)
        name = form[1] if form else "seats"
        buttons = re.findall(rf'<button\b[^>]*form="{name}"[^>]*>', page)
        assert 'name="language"' not in buttons[0]
        assert sum('name="language"' in button for button in buttons) == 1
