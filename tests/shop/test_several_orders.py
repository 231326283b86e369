"""Several open orders of one browser: all are listed, and each can be continued or given up."""

from __future__ import annotations

import pytest
from flask import Flask

from app.core import config, db
from app.core.config import Settings
from app.events.service import Screening
from app.reservations import service as reservations
from tests.orders import purchases
from tests.reservations.auditoriums import make_screening, seat_ids, seat_plan_of
from tests.shop.visitor import Visitor, order_at


@pytest.fixture
def two_at_most(app: Flask, settings: Settings) -> None:
    config.use(settings.changed(holds={"max_per_visitor": 2}))


def test_the_programme_lists_all_open_orders(app: Flask, ana: Visitor, screening: Screening) -> None:
    first, second = ana.start(screening, "A1 A2"), ana.start(screening, "A5")
    for page in ("/", f"/films/{screening.film.slug}"):
        answer = ana.get(page).text
        for path, seats in ((first, "A1 and A2"), (second, "A5")):
            assert f"{seats} for Metrópolis are still yours" in answer
            assert f'href="{path}"' in answer
            assert f'action="{path}/end"' in answer
    assert ana.post(f"{second}/end", {"next": "/films/x?day=1"}).location == "/films/x?day=1", (
        "back to the page of the form"
    )
    assert "A5 for" not in ana.get("/").text
    assert ana.post(f"{first}/end", {"next": "//evil.example"}).location == f"/screenings/{screening.id}"
    assert "still yours" not in ana.get("/").text


@pytest.mark.usefixtures("two_at_most")
def test_the_error_for_too_many_orders_links_to_the_others(ana: Visitor, screening: Screening) -> None:
    first, second = ana.start(screening, "A1 A2"), ana.start(screening, "A5")
    answer = ana.post_seats(screening, seat_ids(seat_plan_of(screening), "A8 A9"))
    assert (answer.status_code, int(answer.headers["Retry-After"]) > 0) == (429, True)
    assert "You have 2 orders waiting already." in answer.text
    assert f'href="{first}"' in answer.text
    assert f'href="{second}"' in answer.text
    assert "Give up A1 and A2 and take A8 and A9" in answer.text
    form = {
        "seat": [str(seat) for seat in seat_ids(seat_plan_of(screening), "A8 A9")],
        "keep": "1",
        "once": "a-new-wish",
    }
    address = f"/screenings/{screening.id}/orders"
    third = ana.post(address, form | {"replaces": first.rsplit("/", 1)[-1]}).location.removesuffix("/types")
    assert [order_at(path).state for path in (first, second, third)] == ["cancelled", "draft", "draft"]
    assert [seat.name for seat in order_at(third).seats] == ["A8", "A9"]
    answer = ana.post(address, {"quantity": "3", "once": "the-best-three"})
    assert answer.status_code == 429
    assert "Give up A5 for the best 3 seats here" in answer.text
    form = {"quantity": "3", "once": "the-best-three", "replaces": second.rsplit("/", 1)[-1]}
    assert ana.post(address, form).status_code == 303
    assert order_at(second).state == "cancelled"


@pytest.mark.usefixtures("two_at_most")
@pytest.mark.parametrize("wish", ["A8 A9", "quantity"])
def test_an_order_is_not_given_up_when_the_new_seats_are_lost(
    ana: Visitor, screening: Screening, wish: str
) -> None:
    """The replacement is one transaction: the wanted seats are lost, so the old order keeps its seats."""
    first, _ = ana.start(screening, "A1 A2"), ana.start(screening, "A5")
    purchases.start(screening, seat_ids(seat_plan_of(screening), "A8"), "eva")
    seats = seat_ids(seat_plan_of(screening), wish) if wish != "quantity" else []
    asked = {"seat": [str(seat) for seat in seats], "keep": "1"} if seats else {"quantity": "8"}
    form = asked | {"once": "a-new-wish", "replaces": first.rsplit("/", 1)[-1]}
    assert ana.post(f"/screenings/{screening.id}/orders", form).status_code in (303, 409)
    assert order_at(first).state == "draft"
    assert [seat.name for seat in order_at(first).seats] == ["A1", "A2"]


@pytest.mark.usefixtures("two_at_most")
def test_the_order_of_another_visitor_cannot_be_given_up(ana: Visitor, screening: Screening) -> None:
    theirs = purchases.start(screening, seat_ids(seat_plan_of(screening), "A1"), "eva")
    form = {"quantity": "1", "once": "a-new-wish", "replaces": theirs.token}
    assert ana.post(f"/screenings/{screening.id}/orders", form).status_code == 404
    assert purchases.order(theirs.token).state == "draft"
    with db.reading():
        assert len(reservations.seat_states(screening.id)) == 1


@pytest.mark.parametrize(
    "asked",
    [
        {"quantity": "0"},
        {"quantity": "100000"},
        {"seat": ["999999999"]},
        {"seat": [str(n) for n in range(900)]},
    ],
    ids=["none together", "very many together", "no such seat", "very many seats"],
)
def test_an_invalid_new_order_gives_up_nothing(
    ana: Visitor, screening: Screening, asked: dict[str, object]
) -> None:
    first = ana.start(screening, "A1 A2")
    form = asked | {"once": "a-new-wish", "replaces": first.rsplit("/", 1)[-1]}
    assert ana.post(f"/screenings/{screening.id}/orders", form).status_code == 422
    assert (order_at(first).state, [seat.name for seat in order_at(first).seats]) == ("draft", ["A1", "A2"])


def test_the_error_names_the_limit_of_the_address(
    app: Flask, ana: Visitor, screening: Screening, settings: Settings
) -> None:
    config.use(settings.changed(holds={"max_per_address": 1}))
    Visitor(app).start(screening, "A1")
    answer = ana.post_seats(screening, seat_ids(seat_plan_of(screening), "A8"))
    assert (answer.status_code, "Many people are buying from your network" in answer.text) == (429, True)


@pytest.mark.usefixtures("two_at_most")
def test_expired_orders_are_not_reported_as_the_limit_of_the_address(
    ana: Visitor, screening: Screening, settings: Settings
) -> None:
    """The orders are over for the visitor, but their claims count until the end of the grace."""
    for path in (ana.start(screening, "A1 A2"), ana.start(screening, "A5")):
        purchases.age_order(order_at(path), minutes=settings.holds.minutes + 0.5)
    answer = ana.post_seats(screening, seat_ids(seat_plan_of(screening), "A8 A9"))
    assert answer.status_code == 429
    assert "You already hold as much as one can at a time." in answer.text
    assert "crowd" not in answer.text
    assert "Try again in 2 minutes." in answer.text
    assert 60 < int(answer.headers["Retry-After"]) <= 90


def test_the_map_links_to_the_open_order_of_its_screening(ana: Visitor, screening: Screening) -> None:
    here = ana.start(screening, "A1")
    ana.start(make_screening("oooo"), "A2")
    page = ana.get(f"/screenings/{screening.id}").text
    assert f'class="link" href="{here}"' in page
