"""The pages of the seat map and the waiting list with invalid input: errors at their place, values kept."""

from __future__ import annotations

import uuid
from datetime import timedelta

import pytest
from flask import Flask
from sqlalchemy import text
from werkzeug.test import TestResponse

from app.core import db
from app.events import service as events
from app.events.service import Screening
from app.orders import service as orders
from app.reservations import service as reservations
from app.shop import seats as seat_pages
from app.shop import waiting
from tests.actors import owner_of
from tests.orders import purchases
from tests.payments.test_statements import counted
from tests.reservations.auditoriums import make_screening, seat_ids, seat_plan_of
from tests.shop.visitor import Visitor


@pytest.fixture
def screening(app: Flask) -> Screening:
    return make_screening("oooooooooo", "vvvv")


def seats(screening: Screening, names: str) -> list[str]:
    return [str(seat) for seat in seat_ids(seat_plan_of(screening), names)]


def send(ana: Visitor, screening: Screening, **form: object) -> TestResponse:
    return ana.post(f"/screenings/{screening.id}/orders", {"once": uuid.uuid4().hex} | form)


def claims() -> int:
    with db.reading() as session:
        return int(session.execute(text("select count(*) from reservations.seat_claims")).scalar_one())


@pytest.mark.parametrize(
    "typed",
    ["0", "-1", "1.5", "1e9", "1000000000", "9" * 400, "9", "two", "", "٣", "²", "\x00", '"><img src=x>'],
)
def test_an_invalid_quantity_gets_an_error_and_is_kept(
    ana: Visitor, screening: Screening, typed: str
) -> None:
    answer = send(ana, screening, quantity=typed)
    assert answer.status_code == 422
    assert "Ask for 1 to 8 seats." in answer.text
    kept = typed[:20].replace("\x00", "").replace('"', "&#34;").replace("<", "&lt;").replace(">", "&gt;")
    assert f'name="quantity" value="{kept}"' in answer.text
    assert 'aria-invalid="true" aria-describedby="complaint"' in answer.text
    assert '<div id="complaint" tabindex="-1" autofocus>' in answer.text
    assert claims() == 0


@pytest.mark.parametrize("typed", ["0", "-1", "1.5", "x", "", "٣", "1-", "1-2-3", "9" * 400, "10,11", "\x00"])
def test_an_invalid_seat_is_refused(ana: Visitor, screening: Screening, typed: str) -> None:
    for kept in ({"keep": "1"}, {}):
        answer = send(ana, screening, seat=[typed], **kept)
        assert answer.status_code == 422
        assert "That seat is not in this room." in answer.text
    assert claims() == 0


def test_unknown_repeated_missing_and_too_many_seats_are_refused(ana: Visitor, screening: Screening) -> None:
    other = make_screening("oooo")
    a1 = seats(screening, "A1")
    for wrong, said in (
        (seats(other, "A1"), "That seat is not in this room."),
        (a1 + seats(other, "A2"), "That seat is not in this room."),
        (a1 * 2, "One seat was sent twice."),
        ([], "Choose at least one seat."),
        (seats(screening, "A1 A2 A3 A4 A5 A6 A7 A8 A9"), "At most 8 seats an order."),
        ([str(number) for number in range(1, 10_001)], "At most 8 seats an order."),
    ):
        answer = send(ana, screening, seat=wrong, keep="1")
        assert answer.status_code == 422
        assert said in answer.text
    assert claims() == 0


def test_valid_seats_stay_chosen_beside_invalid_ones(ana: Visitor, screening: Screening) -> None:
    answer = send(ana, screening, seat=[*seats(screening, "A3 A4"), "999999999"], keep="1")
    assert answer.status_code == 422
    assert "2 seats: A3, A4" in answer.text


def test_a_lost_seat_is_named_and_the_others_stay_chosen(
    ana: Visitor, app: Flask, screening: Screening
) -> None:
    Visitor(app).start(screening, "A4")
    answer = ana.post_seats(screening, seat_ids(seat_plan_of(screening), "A4 A5"))
    assert answer.status_code == 409
    assert "A4 has just gone." in answer.text
    assert "A5 is still free." in answer.text
    assert claims() == 1


@pytest.mark.parametrize("state", ["started", "cancelled"])
def test_a_screening_that_is_over_is_not_sold(ana: Visitor, app: Flask, state: str) -> None:
    starts_in = timedelta(hours=-1) if state == "started" else timedelta(hours=3)
    screening = make_screening("oooo", starts_in=starts_in)
    if state == "cancelled":
        with db.transaction():
            events.cancel_screening(screening.id, "the projector broke")
    said = "It has begun" if state == "started" else "Called off"
    for answer in (
        ana.get(f"/screenings/{screening.id}"),
        send(ana, screening, quantity="2"),
        send(ana, screening, seat=seats(screening, "A1"), keep="1"),
    ):
        assert answer.status_code == 409
        assert said in answer.text
        assert ("Reason: the projector broke" in answer.text) == (state == "cancelled")


@pytest.mark.parametrize("number", ["0", "999999", "2147483648", "9" * 20, "9" * 400, "-1", "1.5", "x"])
def test_an_unknown_screening_is_not_found(ana: Visitor, app: Flask, number: str) -> None:
    for path in (f"/screenings/{number}", f"/screenings/{number}/seats.json", f"/screenings/{number}/events"):
        assert ana.get(path).status_code == 404
    assert ana.post(f"/screenings/{number}/orders", {"quantity": "2"}).status_code == 404


def test_the_order_of_another_visitor_cannot_be_changed(
    ana: Visitor, app: Flask, screening: Screening
) -> None:
    path = Visitor(app).start(screening, "A4 A5")
    assert ana.get(f"{path}/seats").status_code == 404
    assert ana.post(f"{path}/seats", {"seat": seats(screening, "A1"), "keep": "1"}).status_code == 404
    assert claims() == 2


def test_seats_of_another_own_order_are_in_the_legend(ana: Visitor, screening: Screening) -> None:
    address = f"/screenings/{screening.id}"
    assert "Your other order" not in ana.get(address).text
    ana.start(screening, "A4 A5")
    assert '<i class="key m" aria-hidden="true"></i>Your other order' in ana.get(address).text


@pytest.fixture
def open_request(ana: Visitor) -> str:
    """The path of an open request."""
    answer = send(ana, make_screening("o"), quantity="5")
    assert answer.status_code == 303
    return answer.location


@pytest.mark.parametrize(
    ("form", "said"),
    [
        ({"quantity": "0", "email": "ana@example.org"}, "Ask for 1 to 8 seats."),
        ({"quantity": "1e9", "email": "ana@example.org"}, "Ask for 1 to 8 seats."),
        ({"quantity": "2", "email": "ana@"}, "That is not an e-mail address."),
        ({"quantity": "2", "email": "a@example.org\r\nBcc: b@example.org"}, "That is not an e-mail address."),
        ({"quantity": "2", "email": "<img src=x>@example.org"}, "That is not an e-mail address."),
    ],
)
def test_an_invalid_request_for_the_waiting_list_is_refused(
    ana: Visitor, open_request: str, form: dict[str, object], said: str
) -> None:
    answer = ana.post(open_request, form)
    assert answer.status_code == 422
    assert said in answer.text
    assert f'name="quantity" value="{form["quantity"]}"' in answer.text
    field = "quantity" if "seats" in said else "email"
    for part in (
        " autofocus",
        f'id="{field}"',
        f'id="{field}-error"',
        f'aria-describedby="{field}-error',
    ):
        assert part in answer.text
    assert "<img src=x>" not in answer.text


def test_a_throttled_request_keeps_the_typed_values(
    ana: Visitor, open_request: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(waiting, "TRIES", 0)
    answer = ana.post(open_request, {"quantity": "3", "email": "ana@example.org"})
    assert answer.status_code == 429
    assert int(answer.headers["Retry-After"]) > 0
    assert "Wait a minute and try again." in answer.text
    assert 'name="quantity" value="3"' in answer.text
    assert 'value="ana@example.org"' in answer.text


def test_many_visitors_at_one_address_can_join_the_waiting_list(app: Flask, ana: Visitor) -> None:
    """Forty visitors at one address join for forty seats; one of them can change the request a dozen times."""
    full = make_screening("o")
    answer = None
    for person in range(42):
        answer = send(Visitor(app), full, quantity="5")
        form: dict[str, object] = {"quantity": "2", "email": f"person{person}@example.org"}
        assert ana.post(answer.location, form).status_code == 303
    assert answer is not None
    tries = [ana.post(answer.location, form).status_code for _ in range(waiting.TRIES)]
    assert tries == [303] * (waiting.TRIES - 1) + [429]


def test_joining_too_many_waiting_lists_is_throttled(ana: Visitor, monkeypatch: pytest.MonkeyPatch) -> None:
    full = make_screening("o")
    monkeypatch.setattr(seat_pages, "JOINS_OF_A_VISITOR", 2)
    answers = [send(ana, full, quantity="5") for _ in range(3)]
    assert [answer.status_code for answer in answers] == [303, 303, 429]
    assert int(answers[2].headers["Retry-After"]) > 0
    assert "Wait a minute and try again." in answers[2].text
    assert 'name="quantity" value="5"' in answers[2].text


def test_requests_without_cookies_are_throttled(
    app: Flask, ana: Visitor, monkeypatch: pytest.MonkeyPatch
) -> None:
    full = make_screening("o")
    monkeypatch.setattr(seat_pages, "JOINS_OF_AN_ADDRESS", 2)
    answers = [send(Visitor(app), full, quantity="5").status_code for _ in range(4)]
    assert answers == [303, 303, 429, 429]
    with db.reading() as session:
        assert session.execute(text("select count(*) from reservations.requests")).scalar_one() == 2


def test_the_email_of_a_request_is_filled_in_at_the_checkout(app: Flask, ana: Visitor) -> None:
    full = make_screening("ooo")
    blocking = purchases.start(full, seat_ids(seat_plan_of(full), "A1 A2 A3"), "eva")
    open_request = send(ana, full, quantity="2").location
    assert ana.post(open_request, {"quantity": "2", "email": " Rita@example.org"}).status_code == 303
    with db.transaction():
        orders.abandon(blocking.token, owner_of(blocking))
    with db.transaction():
        reservations.offer_next(full.id)
    path = ana.post(f"{open_request}/orders").location.removesuffix("/types")
    ana.choose_full(path)
    assert 'value="rita@example.org"' in ana.get(f"{path}/checkout").text
    with ana.client.session_transaction() as cookie:
        assert "rita@" not in str(dict(cookie)), "the cookie does not contain the e-mail"
    other = ana.start(make_screening("ooo"), "A1")
    ana.choose_full(other)
    with counted() as sent:
        assert "example.org" not in ana.get(f"{other}/checkout").text, (
            "the e-mail is filled in for its own order only"
        )
    assert not [one for one in sent if "reservations.requests" in one], (
        "without a request, no statement reads requests"
    )
