"""The waiting list: order, offers and limits."""

from __future__ import annotations

from datetime import timedelta

import pytest
from sqlalchemy import text

from app.core import config, db, worker
from app.core.config import Settings
from app.core.errors import Conflict, Invalid, NotFound
from app.dispatch import routes
from app.events import service as events
from app.events.service import ScreeningClosed
from app.reservations import handlers, service
from app.reservations.service import OfferOver
from tests.actors import visitor_actor
from tests.reservations.auditoriums import make_screening
from tests.reservations.holds import expire_hold, hold, hold_best, messages, taken_seats
from tests.reservations.waiting_list import join, look, serve, written

pytestmark = pytest.mark.usefixtures("database")


def test_positions_in_the_waiting_list() -> None:
    screening = make_screening("oooo")
    hold(screening, "A1 A2 A3 A4")
    first, second = join(screening, who="ana"), join(screening, who="bia")
    other = join(make_screening("oo"), who="caio")
    assert [look(one).position for one in (first, second, other)] == [1, 2, 1]
    assert first.state == "waiting"
    assert serve(screening) == 0


def test_seats_go_to_the_oldest_request_that_fits() -> None:
    screening = make_screening("oooo")
    two, rest = hold(screening, "A1 A2"), hold(screening, "A3 A4")
    four, pair, single = join(screening, 4, "ana"), join(screening, 2, "bia"), join(screening, 1, "caio")
    with db.transaction():
        service.release(two.id)
    assert serve(screening) == 1
    assert [look(one).state for one in (four, pair, single)] == ["waiting", "offered", "waiting"]
    assert taken_seats(screening) == "A1 A2 A3 A4"
    offered = look(pair)
    assert offered.offer is not None
    assert offered.offered_until == offered.offer.deadline
    with db.transaction():
        service.release(rest.id)
    assert serve(screening) == 1
    assert look(single).state == "offered"


def test_a_release_offers_seats_by_message_and_sends_a_notice(settings: Settings) -> None:
    screening = make_screening("oo")
    held = hold(screening, "A1 A2")
    request = join(screening)
    worker.drain(routes(("reservations",)))
    with db.transaction():
        service.release(held.id)
    worker.drain(routes(("reservations",)))
    assert look(request).state == "offered"
    _, notice = messages("NoticeRequested")
    assert notice["template"] == "waiting_offer"
    assert notice["email"] == "ana@example.com"
    assert (notice["page"], notice["key"]) == ("request", request.token)
    assert notice["facts"]["seats"] == ["A1", "A2"]
    assert notice["facts"]["minutes"] == settings.holds.offer_minutes
    assert notice["not_after"] == notice["facts"]["until"], "by then it says what is no longer so"


def test_seats_that_are_free_at_once_are_offered_at_once() -> None:
    screening = make_screening("oo")
    request = join(screening)
    worker.drain(routes(("reservations",)))
    assert look(request).state == "offered"


def test_the_tick_offers_the_seats_of_expired_holds() -> None:
    screening = make_screening("oo")
    held = hold(screening, "A1 A2")
    request = join(screening)
    expire_hold(held.id)
    handlers.serve_waiting_lists()
    assert look(request).state == "offered"


def test_an_accepted_offer_is_a_hold_with_its_usual_time(settings: Settings) -> None:
    screening = make_screening("oo")
    request = join(screening)
    serve(screening)
    with db.transaction() as session:
        session.execute(
            text(
                "update reservations.reservations set expires_at = clock_timestamp() + interval '3 minutes';"
                "update reservations.seat_claims set expires_at = clock_timestamp() + interval '3 minutes'"
            )
        )
    with db.transaction():
        reservation = service.accept_offer(request.token)
        now = session.execute(text("select clock_timestamp()")).scalar_one()
    assert look(request).state == "reserved"
    assert reservation.state == "held"
    assert reservation.deadline - now > timedelta(minutes=settings.holds.minutes, seconds=-5)
    with pytest.raises(OfferOver), db.transaction():
        service.accept_offer(request.token)
    with db.transaction():
        assert service.confirm(reservation.id)


def test_the_seats_of_an_expired_offer_are_offered_to_the_next_request() -> None:
    screening = make_screening("oo")
    first, second = join(screening, who="ana"), join(screening, who="bia")
    serve(screening)
    offer = look(first).offer
    assert offer is not None
    expire_hold(offer.id)
    with pytest.raises(OfferOver), db.transaction():
        service.accept_offer(first.token)
    handlers.expire_holds()
    worker.drain(routes(("reservations",)))
    assert look(first).state == "expired"
    assert look(second).state == "offered"


def test_the_seats_of_a_cancelled_request_are_offered_to_the_next() -> None:
    screening = make_screening("oo")
    first, second = join(screening, who="ana"), join(screening, who="bia")
    serve(screening)
    with db.transaction():
        assert service.cancel_request(first.token).state == "cancelled"
    with db.transaction():
        assert service.cancel_request(first.token).state == "cancelled"
    serve(screening)
    assert look(second).state == "offered"
    with pytest.raises(OfferOver), db.transaction():
        service.accept_offer(first.token)


def test_an_accepted_request_cannot_be_cancelled() -> None:
    screening = make_screening("oo")
    request = join(screening)
    serve(screening)
    with db.transaction():
        service.accept_offer(request.token)
    with pytest.raises(Conflict), db.transaction():
        service.cancel_request(request.token)
    assert taken_seats(screening) == "A1 A2"


def test_an_open_request_waits_only_with_an_email() -> None:
    screening = make_screening("oo")
    with db.transaction():
        wish = service.open_request(screening, 2, visitor_actor("ana", locale="en"))
    assert (wish.state, wish.position) == ("open", None)
    assert serve(screening) == 0
    with db.transaction():
        again = service.open_request(screening, 1, visitor_actor("ana", locale="en"))
    with pytest.raises(NotFound):
        look(wish)
    with db.transaction():
        waiting = service.wait_for_seats(again.token, 2, "ana@example.com")
    assert (waiting.state, waiting.quantity, waiting.position) == ("waiting", 2, 1)


@pytest.mark.parametrize("email", ["", "ana", "ana@", "a@b\r\nBcc: x@y.example", "x" * 400 + "@example.com"])
def test_invalid_emails_are_refused(email: str) -> None:
    screening = make_screening("oo")
    with pytest.raises(Invalid, match=r"email\.(missing|wrong)"), db.transaction():
        service.join_waiting_list(screening, 1, email, visitor_actor("ana"))


def test_the_requests_of_a_visitor_are_limited(settings: Settings) -> None:
    config.use(settings.changed(holds={"max_per_visitor": 2}))
    screening = make_screening("oo")
    join(screening)
    join(screening)
    with pytest.raises(Conflict, match=r"request\.too_many"):
        join(screening)


def test_the_requests_of_an_email_are_limited_across_visitors(settings: Settings) -> None:
    screenings = [make_screening("o") for _ in range(settings.holds.max_per_visitor + 1)]
    for number, screening in enumerate(screenings[:-1]):
        with db.transaction():
            service.join_waiting_list(screening, 1, "victim@example.com", visitor_actor(f"browser {number}"))
    with pytest.raises(Conflict, match=r"request\.too_many"), db.transaction():
        service.join_waiting_list(screenings[-1], 1, "Victim@example.com", visitor_actor("another browser"))
    with db.transaction():
        service.join_waiting_list(screenings[-1], 1, "eva@example.com", visitor_actor("another browser"))


def test_spellings_of_an_email_count_as_one(settings: Settings) -> None:
    config.use(settings.changed(holds={"max_per_visitor": 2}))
    screening = make_screening("oo")
    for number, email in enumerate(("ana@praça.example", "<ana@prac\u0327a.example>")):
        with db.transaction():
            service.join_waiting_list(screening, 1, email, visitor_actor(f"browser {number}"))
    with pytest.raises(Conflict, match=r"request\.too_many"), db.transaction():
        service.join_waiting_list(screening, 1, "ana@xn--praa-2oa.example", visitor_actor("another browser"))


def test_the_waiting_list_closes_with_the_sales() -> None:
    screening = make_screening("oo")
    hold(screening, "A1 A2")
    request = join(screening)
    with db.transaction():
        events.cancel_screening(screening.id, "projetor")
    handlers.serve_waiting_lists()
    assert look(request).state == "expired"
    with db.reading():
        cancelled = events.screening(screening.id)
    with pytest.raises(ScreeningClosed):
        join(cancelled)


def test_another_customer_may_take_freed_seats_before_they_are_offered() -> None:
    screening = make_screening("oo")
    held = hold(screening, "A1 A2")
    request = join(screening)
    with db.transaction():
        service.release(held.id)
    hold_best(screening, 2)
    serve(screening)
    assert look(request).state == "waiting"


def test_a_cancelled_screening_sends_notices_and_releases_offers() -> None:
    screening = make_screening("oo")
    offered, waiting = join(screening, who="ana"), join(screening, who="bia")
    serve(screening)
    assert [look(one).state for one in (offered, waiting)] == ["offered", "waiting"]
    with db.transaction():
        events.cancel_screening(screening.id, "the projector broke")
    worker.drain(routes(("reservations",)))
    handlers.serve_waiting_lists()
    assert [look(one).state for one in (offered, waiting)] == ["expired", "expired"]
    assert taken_seats(screening) == ""
    sent = [notice for notice in messages("NoticeRequested") if notice["template"] == "waiting_called_off"]
    assert [notice["email"] for notice in sent] == ["ana@example.com", "bia@example.com"], "once each"
    assert sent[0]["facts"]["reason"] == "the projector broke"
    assert (sent[0]["page"], sent[0]["key"]) == ("film", screening.film.slug)
    mails = [written("waiting_called_off", sent[0], language) for language in ("pt_BR", "en")]
    assert all("the projector broke" in mail.text and "Metr" in mail.subject for mail in mails)


def test_the_tick_ends_an_offer_made_while_the_screening_was_cancelled() -> None:
    screening = make_screening("oo")
    request = join(screening)
    serve(screening)
    worker.drain(routes(("reservations",)))
    with db.transaction():
        events.cancel_screening(screening.id, "projetor")
        db.session().execute(text("delete from core.outbox where kind = 'ScreeningCancelled'"))
    handlers.serve_waiting_lists()
    assert look(request).state == "expired"
    assert taken_seats(screening) == ""


def test_an_accepted_offer_is_not_released_when_the_screening_is_cancelled() -> None:
    screening = make_screening("oo")
    request = join(screening)
    serve(screening)
    with db.transaction():
        service.accept_offer(request.token)
    with db.transaction():
        events.cancel_screening(screening.id, "projetor")
        service.offer_next(screening.id)
    assert look(request).state == "reserved"
    assert taken_seats(screening) == "A1 A2"


def test_an_error_in_one_waiting_list_does_not_stop_the_others(monkeypatch: pytest.MonkeyPatch) -> None:
    broken, screening = make_screening("oo"), make_screening("oo")
    join(broken, who="ana")
    request = join(screening, who="bia")
    served = service.offer_next

    def stumble(screening_id: int) -> int:
        if screening_id == broken.id:
            raise ValueError("books that disagree")
        return served(screening_id)

    monkeypatch.setattr(handlers, "offer_next", stumble)
    handlers.serve_waiting_lists()
    assert look(request).state == "offered"
