"""Mails about purchases, cancellations and offers: complete, in both languages, sent once."""

from __future__ import annotations

import re
from email.message import EmailMessage

import pytest
from icalendar import Calendar
from sqlalchemy import text

from app.core import db, outbox, worker
from app.core.config import Settings
from app.core.dead_letters import OutboxDeadLetters
from app.core.messages import NoticeRequested
from app.dispatch import routes
from app.events import service as events
from app.orders import service as orders
from app.reservations import service as reservations
from app.web import links
from tests.actors import visitor_actor
from tests.orders import concessions, purchases
from tests.reservations.auditoriums import make_screening
from tests.users.account_data import mail_text, make_account, read_mails
from tests.users.notice_mails import (
    buy_in_language,
    only_mail,
    seat_ids_of,
    send_all_mails,
    set_order_language,
)

pytestmark = pytest.mark.usefixtures("app")

LANGUAGES = ("pt_BR", "en")


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_ticket_mail_has_the_pdf(language: str) -> None:
    paid = buy_in_language(make_screening("oooo"), language)
    mail = only_mail(send_all_mails(), "ingressos" if language == "pt_BR" else "tickets", paid.code)
    assert mail["To"] == "ana@example.org"
    assert ("Boa sessão, Ana!" if language == "pt_BR" else "Enjoy the film, Ana!") in mail_text(mail)
    assert f"http://localhost{links.order(paid.token)}" in mail_text(mail)
    assert "A1, A2" in mail_text(mail)
    pdf, calendar = mail.iter_attachments()
    assert calendar.get_filename() == f"{paid.code}.ics"
    assert calendar.get_content_type() == "text/calendar"
    (visit,) = Calendar.from_ical(calendar.get_content()).walk("VEVENT")
    assert (str(visit["uid"]), visit["sequence"]) == (str(paid.id), 0)
    assert paid.token not in str(calendar.get_content())
    assert pdf.get_filename() == f"{paid.code}.pdf"
    content = pdf.get_content()
    assert isinstance(content, bytes)
    assert content.startswith(b"%PDF")


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_ticket_mail_has_address_proofs_and_concessions(language: str) -> None:
    """The mail has what a guest needs on the way: film and time first, then address, proofs, concessions."""
    screening = make_screening("oooo")
    popcorn = concessions.add_product(screening)
    basket = purchases.choose(
        purchases.start(screening, seat_ids_of(screening, "A1 A2 A3")),
        [purchases.FULL, purchases.STUDENT, purchases.SENIOR],
        {popcorn: 2},
    )
    set_order_language(basket, language)
    purchases.pay(purchases.check_out(basket))
    lines = mail_text(only_mail(send_all_mails(), basket.code)).splitlines()
    assert lines[0].startswith("Metrópolis, ")
    assert "Rua 1" in lines
    if language == "pt_BR":
        proofs = ["Meia-entrada, na porta:", "A2: CIE com foto", "A3: documento com foto"]
        assert "A retirar no balcão: 2 × Pipoca" in lines
    else:
        proofs = ["Half price, at the door:", "A2: Student card (CIE) with photo", "A3: Any photo ID"]
        assert "To pick up at the counter: 2 × Pipoca" in lines
    at = lines.index(proofs[0])
    assert lines[at : at + 4] == [*proofs, ""]


def test_a_message_of_an_older_version_is_mailed(settings: Settings) -> None:
    paid = buy_in_language(make_screening("oooo"), "en")
    worker.drain(routes(("tickets",)))
    with db.transaction() as session:
        session.execute(
            text(
                "update core.outbox set payload = payload #- '{facts,address}' #- '{facts,half_price}'"
                " #- '{facts,to_fetch}' #- '{facts,opens_at}' #- '{facts,place}' #- '{facts,ends_at}'"
                " #- '{facts,order_id}' #- '{order_token}' || jsonb_build_object("
                "   'form', 1, 'order_path', '/orders/' || (payload ->> 'order_token')) where payload ? 'storage_key'"
            )
        )
    mail = mail_text(only_mail(send_all_mails(), "Your tickets", paid.code))
    assert "A1, A2" in mail
    assert f"http://localhost{links.order(paid.token)}" in mail


@pytest.mark.parametrize("name", ["path", "order_path"])
def test_a_notice_with_a_path_links_to_it(name: str) -> None:
    """Versions before page names wrote such notices."""
    make_account()
    with db.transaction() as session:
        outbox.publish(NoticeRequested("verify_email", "ana@example.org", "en", {name: "/x/y", "hours": 2}))
        session.execute(
            text("update core.outbox set payload = payload - 'page' - 'key' || jsonb_build_object('form', 1)")
        )
    assert (
        "Confirm my e-mail: http://localhost/x/y"
        in mail_text(only_mail(send_all_mails(), "Confirm your e-mail")).splitlines()
    )


def test_a_notice_that_names_an_unknown_page_becomes_a_dead_letter() -> None:
    with db.transaction():
        outbox.publish(NoticeRequested("account_exists", "ana@example.org", "en", page="of_tomorrow"))
    worker.drain(routes(("users",)))
    with db.reading():
        (dead,) = OutboxDeadLetters().list()
    assert "of_tomorrow" in dead.last_error


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_cancellation_and_its_refund_are_mailed(language: str) -> None:
    paid = buy_in_language(make_screening("oooo"), language)
    with db.transaction():
        orders.cancel(paid.token)
    found = send_all_mails()
    amount = "R$ 76,00" if language == "pt_BR" else "R$ 76.00"
    cancelled = only_mail(found, "cancelado" if language == "pt_BR" else "cancelled")
    assert amount in mail_text(cancelled).replace("\xa0", " ")
    assert removed_entry(cancelled) == str(paid.id)
    only_mail(found, "de volta para você" if language == "pt_BR" else "went back to you")


def removed_entry(mail: EmailMessage) -> str:
    """The UID of the calendar entry that the mail removes."""
    (calendar,) = mail.iter_attachments()
    (visit,) = Calendar.from_ical(calendar.get_content()).walk("VEVENT")
    assert (visit["sequence"], visit["status"]) == (1, "CANCELLED")
    return str(visit["uid"])


def test_an_unpaid_order_has_no_calendar_entry_to_remove() -> None:
    screening = make_screening("oooo")
    purchases.check_out(purchases.choose(purchases.start(screening, seat_ids_of(screening, "A1"))))
    with db.transaction():
        events.cancel_screening(screening.id, "O projetor quebrou.")
    assert not list(only_mail(send_all_mails(), "cancelada").iter_attachments())


def test_an_order_cancelled_before_the_mail_gets_no_tickets() -> None:
    paid = buy_in_language(make_screening("oooo"), "en")
    worker.drain(routes(("tickets",)))
    with db.transaction():
        orders.cancel(paid.token)
    assert not [subject for subject in send_all_mails() if "Your tickets" in subject]


def test_an_order_cancelled_while_the_mail_is_delayed_gets_no_tickets(settings: Settings) -> None:
    """The message is withdrawn; if a queue delivers it after all, the PDF is missing and no mail is sent."""
    paid = buy_in_language(make_screening("oooo"), "en")
    worker.drain(routes(("tickets",)))
    with db.transaction() as session:
        session.execute(text("create table core.kept as select * from core.outbox"))
    with db.transaction():
        orders.cancel(paid.token)
    worker.drain(routes(("tickets",)))
    with db.transaction() as session:  # as from a queue from which messages cannot be withdrawn
        session.execute(text("insert into core.outbox select * from core.kept"))
        session.execute(text("drop table core.kept"))
    assert not [subject for subject in send_all_mails() if "Your tickets" in subject]


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_called_off_screening_is_mailed(language: str) -> None:
    screening = make_screening("oooo")
    paid = buy_in_language(screening, language)
    with db.transaction():
        events.cancel_screening(screening.id, "O projetor quebrou.")
    mail = only_mail(
        send_all_mails(), "A sessão de Metrópolis foi cancelada" if language == "pt_BR" else "called off"
    )
    assert "O projetor quebrou." in mail_text(mail)
    assert removed_entry(mail) == str(paid.id)
    assert ("Lanterna, Sala 2" if language == "pt_BR" else "Lanterna, Room 2") in mail_text(mail)


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_late_payment_gets_a_mail_with_other_seats(language: str) -> None:
    screening = make_screening("oooooo")
    basket = purchases.choose(purchases.start(screening, seat_ids_of(screening, "A1 A2")))
    set_order_language(basket, language)
    basket = purchases.check_out(basket)
    purchases.age_order(basket, 30)
    purchases.run_ticks()
    purchases.start(screening, seat_ids_of(screening, "A1 A2"), "bia")
    purchases.pay(basket, stubborn=True)
    mail = only_mail(send_all_mails(), "Outros lugares" if language == "pt_BR" else "Other seats")
    assert re.search(r"A3, A4|A5, A6|A4, A5", mail_text(mail))


@pytest.mark.parametrize("language", LANGUAGES)
def test_an_offer_of_the_waiting_list_is_mailed(language: str) -> None:
    screening = make_screening("oo")
    basket = purchases.start(screening, seat_ids_of(screening, "A1 A2"))
    with db.transaction():
        reservations.join_waiting_list(screening, 2, "eva@example.org", visitor_actor("eva", locale=language))
    with db.transaction():
        reservations.release(basket.reservation_id)
    mail = only_mail(send_all_mails(), "guardados para você" if language == "pt_BR" else "waiting for you")
    assert mail["To"] == "eva@example.org"
    assert "http://localhost/requests/" in mail_text(mail)


def test_every_mail_is_translated() -> None:
    """No untranslated message id remains: the subjects of the two languages have none in common."""
    english = set(_all_subjects("en"))
    assert not english & set(_all_subjects("pt_BR"))


def _all_subjects(language: str) -> list[str]:
    from app.users import notices

    facts = {
        "film": "Limite", "film_title": "Limite", "cinema": "Lanterna Centro", "auditorium": "Sala 2",
        "auditorium_name": "Sala 2", "order_code": "LUZ-4720", "name": "Ana", "hours": 2,
        "starts_at": "2026-11-24T23:30:00+00:00", "until": "2026-11-24T22:30:00+00:00", "seats": ["A1"],
        "timezone": "America/Sao_Paulo", "total": 3800, "amount": 3800, "reason": "x", "new_seats": ["A2"],
        "attached": True, "position": 2, "quantity": 2, "as_bought": False, "returnable": True,
        "bought": {"version": "subtitled", "format": "2D", "ends_at": "2026-11-25T01:30:00+00:00"},
        "shown": {"version": "dubbed", "format": "2D", "ends_at": "2026-11-25T01:35:00+00:00"},
        "change": "off", "day": "24/11", "time_of_day": "20h30", "codes_left": 2,
    }  # fmt: skip
    names = sorted(path.stem for path in notices.FOLDER.glob("*.txt") if not path.stem.startswith("_"))
    assert len(names) == 13
    return [notices.render(name, language, facts, "http://localhost/x").subject for name in names]


def test_a_notice_sends_one_mail_with_the_id_of_its_message(settings: Settings) -> None:
    make_account()
    with db.transaction():
        message_id = outbox.publish(NoticeRequested("account_exists", "ana@example.org", "en"))
    worker.drain(routes(("users",)))
    (mail,) = read_mails(settings.mail_folder)
    assert mail["Message-ID"] == f"<{message_id}@cinelanterna.example>"


def test_typed_text_is_no_markup_in_a_mail(settings: Settings) -> None:
    hostile = {"reason": "<img src=x onerror=alert(1)> {{7*7}}\n\nBcc: all@example.org"}
    facts = {
        "film": "<b>Limite</b>\r\nBcc: all@example.org", "cinema": "C", "auditorium": "S", "amount": 0,
        "starts_at": "2026-11-24T23:30:00+00:00", "timezone": "America/Sao_Paulo", "seats": ["A1"],
        "order_code": "LUZ-4720",
    }  # fmt: skip
    with db.transaction():
        outbox.publish(NoticeRequested("screening_cancelled", "ana@example.org", "en", facts | hostile))
    worker.drain(routes(("users",)))
    (mail,) = read_mails(settings.mail_folder)
    html = mail.get_body(("html",))
    assert html is not None
    assert "<img" not in html.get_content()
    assert "&lt;img" in html.get_content()
    assert "{{7*7}}" in html.get_content()
    assert mail["Bcc"] is None
    assert "<b>Limite</b> Bcc: all@example.org" in mail["Subject"]
