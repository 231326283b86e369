"""The page of an order in its states: tickets, mail, cancellation, reseat, and the search for an order."""

from __future__ import annotations

import re
from datetime import timedelta

import pytest
from flask import Flask
from sqlalchemy import text

from app.core import cache, db
from app.events import service as events
from app.events.service import Screening
from app.orders.service import OrderView
from app.tickets import service as tickets
from app.web import links
from tests.actors import door_actor
from tests.orders import purchases
from tests.reservations.auditoriums import make_screening, seat_ids, seat_plan_of
from tests.shop.visitor import Visitor


@pytest.fixture
def screening(app: Flask) -> Screening:
    return make_screening("oooooooooo", "vvvv", starts_in=timedelta(minutes=20))


def seats(screening: Screening, names: str) -> tuple[int, ...]:
    return seat_ids(seat_plan_of(screening), names)


@pytest.fixture
def paid(screening: Screening) -> OrderView:
    return purchases.buy(screening, seats(screening, "A4 A5"))


def test_a_paid_order_shows_its_tickets_without_a_session(ana: Visitor, paid: OrderView) -> None:
    page = ana.get(links.order(paid.token))
    assert page.status_code == 200
    for words in (
        "Enjoy the film!",
        "A4 A5",
        f"Order {paid.code}",
        "R$\xa076.00",
        f"{links.order(paid.token)}/tickets.pdf",
    ):
        assert words in page.text
    assert page.headers["Referrer-Policy"] == "same-origin"
    assert "no-store" in page.headers["Cache-Control"]
    assert "noindex" in page.text
    assert paid.email is not None
    assert paid.email not in page.text, "the public page contains no e-mail"


def test_day_and_auditorium_have_the_same_names_on_ticket_and_page(app: Flask, ana: Visitor) -> None:
    """English months keep their capital, and a numbered auditorium is "Room" everywhere."""
    screening = make_screening("oooo", starts_in=timedelta(days=3))
    page = ana.get(links.order(purchases.buy(screening, seats(screening, "A1")).token)).text
    named = screening.showtime.day_relative_and_date(events.now(), "en")
    assert f">{named[:1].upper()}{named[1:]}<b>" in page
    seat_map = ana.get(f"/screenings/{screening.id}").text
    assert "Map of Room 2" in seat_map
    assert "Sala" not in page + seat_map


def test_the_sign_counts_many_seats(ana: Visitor, screening: Screening) -> None:
    paid = purchases.buy(screening, seats(screening, "A1 A2 A3 A4 A5"))
    assert "5 seats" in ana.get(links.order(paid.token)).text


def test_sending_the_mail_again_is_throttled(ana: Visitor, paid: OrderView) -> None:
    answer = ana.post(f"{links.order(paid.token)}/mails")
    assert answer.location == f"{links.order(paid.token)}?mailed=1"
    assert "Sent once more to a•••a@example.org" in ana.get(answer.location).text
    for _ in range(4):
        assert ana.post(f"{links.order(paid.token)}/mails").status_code == 303
    answer = ana.post(f"{links.order(paid.token)}/mails")
    assert (answer.status_code, "on its way already" in answer.text) == (429, True)


def test_a_cancellation_is_confirmed_first(ana: Visitor, paid: OrderView) -> None:
    page = ana.get(f"{links.order(paid.token)}/cancellation")
    assert "Cancel this order?" in page.text
    assert "R$\xa076.00" in page.text
    assert re.findall(r'class="button( outline)?"[^>]*>([^<]+)<', page.text) == [
        ("", "Keep the tickets"),
        (" outline", "Cancel and get R$\xa076.00 back"),
    ], "the button that cannot be undone is not the prominent one"
    assert purchases.order(paid.token).state == "paid", "a GET changes nothing"
    assert ana.post(f"{links.order(paid.token)}/cancellation").location == links.order(paid.token)
    page = ana.get(links.order(paid.token))
    assert "Order cancelled" in page.text
    assert "R$\xa076.00 are on their way back" in page.text
    purchases.run_due_work()
    assert "R$\xa076.00 went back to you" in ana.get(links.order(paid.token)).text
    assert ana.post(f"{links.order(paid.token)}/cancellation").location == links.order(paid.token), (
        "a second click changes nothing"
    )
    assert ana.get(f"{links.order(paid.token)}/cancellation").location == links.order(paid.token)


def test_an_admitted_order_cannot_be_cancelled(ana: Visitor, paid: OrderView) -> None:
    with db.transaction():
        first = tickets.of_order(paid.id)[0]
        tickets.admit(first.qr_text, door_actor(), gate="1")
    answer = ana.post(f"{links.order(paid.token)}/cancellation")
    assert (answer.status_code, "inside already" in answer.text) == (409, True)


def test_a_failed_refund_is_shown(ana: Visitor, paid: OrderView) -> None:
    purchases.bank().set_refund_mode(purchases.charge_id(paid), "fail")
    ana.post(f"{links.order(paid.token)}/cancellation")
    purchases.run_due_work()
    assert "settle it by hand" in ana.get(links.order(paid.token)).text


def test_the_page_of_a_called_off_screening(ana: Visitor, paid: OrderView, screening: Screening) -> None:
    with db.transaction():
        events.cancel_screening(screening.id, "The projector broke.")
    purchases.run_due_work()
    page = ana.get(links.order(paid.token)).text
    for words in ("Screening called off", "The projector broke.", "went back to you"):
        assert words in page


@pytest.fixture
def reseated(screening: Screening) -> OrderView:
    basket = purchases.check_out(purchases.choose(purchases.start(screening, seats(screening, "A4 A5"))))
    purchases.age_order(basket, 30)
    purchases.run_ticks()
    purchases.buy(screening, seats(screening, "A4 A5"), "eva")
    return purchases.pay(basket, stubborn=True)


def test_offered_other_seats_can_be_taken(ana: Visitor, reseated: OrderView) -> None:
    path = links.order(reseated.token)
    page = ana.get(path).text
    assert "We hold A2 and A3 for you until" in page
    assert ana.post(f"{path}/reseat", {"answer": "nonsense"}).location == path
    assert ana.post(f"{path}/reseat", {"answer": "take"}).location == path
    assert "Enjoy the film!" in ana.get(path).text
    assert ana.post(f"{path}/reseat", {"answer": "money"}).location == path
    assert purchases.order(reseated.token).state == "paid"


def test_a_refund_can_be_chosen_instead_of_other_seats(ana: Visitor, reseated: OrderView) -> None:
    ana.post(f"{links.order(reseated.token)}/reseat", {"answer": "money"})
    page = ana.get(links.order(reseated.token)).text
    assert "Money on its way back" in page
    assert "R$\xa076.00 are on their way back" in page


def test_the_page_of_an_expired_order_without_a_payment(ana: Visitor, screening: Screening) -> None:
    basket = purchases.check_out(purchases.choose(purchases.start(screening, seats(screening, "A4"))))
    purchases.age_order(basket, 30)
    purchases.run_ticks()
    page = ana.get(links.order(basket.token)).text
    assert "Time is up" in page
    assert "nothing was charged" in page


def test_the_page_after_the_screening(ana: Visitor, paid: OrderView, screening: Screening) -> None:
    with db.transaction() as session:
        session.execute(
            text(
                "update events.screenings set starts_at = clock_timestamp() - interval '3 hours',"
                " ends_at = clock_timestamp() - interval '1 hour' where id = :id"
            ),
            {"id": screening.id},
        )
    cache.clear_all()
    page = ana.get(links.order(paid.token)).text
    assert "See you next time!" in page
    assert "Cancel and get the money back" not in page


def test_an_order_is_found_by_code_and_email(ana: Visitor, paid: OrderView) -> None:
    for typed in (paid.code, paid.code.lower(), paid.code.replace("-", " "), paid.code.replace("-", "")):
        answer = ana.post("/orders/find", {"code": typed, "email": " ANA@example.org "})
        assert (answer.status_code, answer.location) == (303, links.order(paid.token))


@pytest.mark.parametrize(
    "email",
    [
        "ana@praça.example",
        "ana@prac\u0327a.example",
        "ANA@XN--PRAA-2OA.example",
        "<\u200bana@praça.example>.",
    ],
)
def test_an_order_is_found_by_any_spelling_of_its_email(ana: Visitor, paid: OrderView, email: str) -> None:
    stored_with(paid, "ana@praça.example")
    answer = ana.post("/orders/find", {"code": f"\ufeff{paid.code}.", "email": email})
    assert (answer.status_code, answer.location) == (303, links.order(paid.token))


def test_an_order_of_another_domain_is_not_found(ana: Visitor, paid: OrderView) -> None:
    stored_with(paid, "ana@strasse.example")
    assert ana.post("/orders/find", {"code": paid.code, "email": "ana@straße.example"}).status_code == 422


def stored_with(order: OrderView, email: str) -> None:
    with db.transaction() as session:
        session.execute(
            text("update orders.orders set email = :email where id = :id"), {"email": email, "id": order.id}
        )


@pytest.mark.parametrize(
    ("code", "email"),
    [
        ("", ""),
        ("XYZ-0000", "ana@example.org"),
        ("<b>", "x"),
        ("a" * 9000, "b" * 9000),
        ("\x00", "\x00"),
        ("%", "%"),
    ],
)
def test_a_wrong_code_or_email_finds_no_order(ana: Visitor, paid: OrderView, code: str, email: str) -> None:
    answer = ana.post("/orders/find", {"code": code, "email": email})
    assert answer.status_code == 422
    assert "No order with this code and this e-mail" in answer.text
    assert re.search(r'<input[^>]* id="code"[^>]* autofocus', answer.text), "the field has the focus"
    assert answer.text.count('aria-invalid="true"') == 2
    assert answer.text.count('id="code-error"') == 1
    assert "<b>" not in answer.text


def test_guessing_the_email_of_a_code_is_throttled(ana: Visitor, paid: OrderView) -> None:
    guesses = [ana.post("/orders/find", {"code": paid.code, "email": f"a{n}@example.org"}) for n in range(11)]
    assert [guess.status_code for guess in guesses] == [422] * 10 + [429]


def test_guessing_does_not_lock_the_buyer_out(ana: Visitor, paid: OrderView) -> None:
    """Guessing from many addresses is stopped too, after more tries."""

    def look_up(email: str, address: str) -> int:
        form = {"code": paid.code, "email": email, "csrf_token": ana.token()}
        answer = ana.client.post(
            "/orders/find", data=form, headers=ana.headers, environ_base={"REMOTE_ADDR": address}
        )
        return answer.status_code

    assert [look_up("x@example.org", "192.0.2.1") for _ in range(11)][-1] == 429
    assert look_up("ana@example.org", "192.0.2.2") == 303
    guesses = [look_up("x@example.org", f"198.51.100.{n}") for n in range(100)]
    assert guesses[0] == 422
    assert guesses[-1] == 429


def test_guessing_codes_is_throttled(ana: Visitor, paid: OrderView) -> None:
    codes = [
        ana.post("/orders/find", {"code": f"ZZZ-{n:04d}", "email": "ana@example.org"}) for n in range(61)
    ]
    assert [guess.status_code for guess in codes] == [422] * 60 + [429]


@pytest.mark.parametrize("page", ["/terms", "/privacy", "/help", "/orders/find"])
@pytest.mark.parametrize("language", ["en", "pt-BR"])
def test_the_long_texts_exist_in_both_languages(app: Flask, page: str, language: str) -> None:
    make_screening()
    answer = Visitor(app, language).get(page)
    assert answer.status_code == 200
    assert f'<html lang="{language}"' in answer.text
