"""The mails that a purchase and its endings send: said in both languages, sent once, with what belongs in them."""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from email.message import EmailMessage

import pytest
from sqlalchemy import text

from app.adapters.storage import open_storage
from app.core import config, db, outbox, worker
from app.core.config import Settings
from app.core.dead_letters import DeadLetter, dead_letters
from app.core.messages import NoticeRequested, TicketsReady
from app.dispatch import routes
from app.events import service as events
from app.events.service import Screening
from app.orders import service as orders
from app.orders.service import OrderView
from app.reservations import service as reservations
from app.users import service as users
from tests.adapters.mail_server import MailServer
from tests.orders import buying, counter
from tests.reservations.rooms import ids, make_screening, plan_of
from tests.users.people import mails, person, words

pytestmark = pytest.mark.usefixtures("app")
LANGUAGES = ("pt_BR", "en")


def seats(screening: Screening, names: str) -> tuple[int, ...]:
    return ids(plan_of(screening), names)


def speak(basket: OrderView, language: str) -> None:
    with db.transaction() as session:
        values = {"locale": language, "id": basket.id}
        session.execute(text("update orders.orders set locale = :locale where id = :id"), values)


def sent() -> dict[str, EmailMessage]:
    """All mails after all services have done their work, by who they are about: the word in the subject."""
    buying.work()
    worker.drain(routes())
    buying.work()
    worker.drain(routes())
    assert dead() == []
    return {mail["Subject"]: mail for mail in mails(config.settings().mail_folder)}


def dead() -> list[DeadLetter]:
    with db.reading():
        return dead_letters()


def one(found: dict[str, EmailMessage], *parts: str) -> EmailMessage:
    fitting = [mail for subject, mail in found.items() if all(part in subject for part in parts)]
    assert len(fitting) == 1, list(found)
    return fitting[0]


def bought(screening: Screening, language: str) -> OrderView:
    basket = buying.choose(buying.start(screening, seats(screening, "A1 A2")))
    speak(basket, language)
    return buying.pay(buying.check_out(basket))


@pytest.mark.parametrize("language", LANGUAGES)
def test_tickets_come_with_their_pdf(language: str) -> None:
    paid = bought(make_screening("oooo"), language)
    mail = one(sent(), "ingressos" if language == "pt_BR" else "tickets", paid.code)
    assert mail["To"] == "ana@example.org"
    assert ("Boa sessão, Ana!" if language == "pt_BR" else "Enjoy the film, Ana!") in words(mail)
    assert f"http://localhost{paid.path}" in words(mail)
    assert "A1, A2" in words(mail)
    (pdf,) = mail.iter_attachments()
    assert pdf.get_filename() == f"{paid.code}.pdf"
    content = pdf.get_content()
    assert isinstance(content, bytes)
    assert content.startswith(b"%PDF")


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_mail_says_where_to_go_what_to_show_and_what_to_fetch(language: str) -> None:
    """What one reads on the way: the film and its hour first, the street, the proofs, the snacks."""
    screening = make_screening("oooo")
    popcorn = counter.stock(screening)
    basket = buying.choose(
        buying.start(screening, seats(screening, "A1 A2 A3")),
        [buying.FULL, buying.STUDENT, buying.SENIOR],
        {popcorn: 2},
    )
    speak(basket, language)
    buying.pay(buying.check_out(basket))
    lines = words(one(sent(), basket.code)).splitlines()
    assert lines[0].startswith("Metrópolis, ")
    assert "Rua 1" in lines
    if language == "pt_BR":
        proofs = ["Meia-entrada, na porta:", "A2: CIE com foto", "A3: documento com foto"]
        assert "A retirar no balcão: 2 × Pipoca" in lines
    else:
        proofs = ["Half price, at the door:", "A2: Student card (CIE) with photo", "A3: Any photo ID"]
        assert "To fetch at the counter: 2 × Pipoca" in lines
    at = lines.index(proofs[0])
    assert lines[at : at + 4] == [*proofs, ""]


def test_a_mail_that_was_written_by_an_older_version_goes_out(settings: Settings) -> None:
    paid = bought(make_screening("oooo"), "en")
    worker.drain(routes(("tickets",)))
    with db.transaction() as session:
        session.execute(
            text(
                "update core.outbox set payload = payload #- '{facts,address}' #- '{facts,half_price}'"
                " #- '{facts,to_fetch}' where payload ? 'storage_key'"
            )
        )
    assert "A1, A2" in words(one(sent(), "Your tickets", paid.code))


@pytest.mark.parametrize("language", LANGUAGES)
def test_cancelling_is_told_and_so_is_the_money(language: str) -> None:
    paid = bought(make_screening("oooo"), language)
    with db.transaction():
        orders.cancel(paid.token)
    found = sent()
    amount = "R$ 76,00" if language == "pt_BR" else "R$ 76.00"
    cancelled = one(found, "cancelado" if language == "pt_BR" else "cancelled")
    assert amount in words(cancelled).replace("\xa0", " ")
    one(found, "de volta para você" if language == "pt_BR" else "went back to you")


def test_who_cancels_before_the_mail_gets_no_tickets() -> None:
    paid = bought(make_screening("oooo"), "en")
    worker.drain(routes(("tickets",)))
    with db.transaction():
        orders.cancel(paid.token)
    assert not [subject for subject in sent() if "Your tickets" in subject]


def test_who_cancels_while_the_mail_is_put_off_gets_no_tickets(settings: Settings) -> None:
    """It had left the worker's hands twice: taken back, and nothing is found if it comes all the same."""
    paid = bought(make_screening("oooo"), "en")
    worker.drain(routes(("tickets",)))
    with db.transaction() as session:
        session.execute(text("create table core.kept as select * from core.outbox"))
    with db.transaction():
        orders.cancel(paid.token)
    worker.drain(routes(("tickets",)))
    with db.transaction() as session:  # as if it came from a queue that nothing is withdrawn from
        session.execute(text("insert into core.outbox select * from core.kept"))
        session.execute(text("drop table core.kept"))
    assert not [subject for subject in sent() if "Your tickets" in subject]


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_screening_that_is_called_off(language: str) -> None:
    screening = make_screening("oooo")
    bought(screening, language)
    with db.transaction():
        events.cancel_screening(screening.id, "O projetor quebrou.")
    mail = one(sent(), "A sessão de Metrópolis foi cancelada" if language == "pt_BR" else "called off")
    assert "O projetor quebrou." in words(mail)
    assert ("Lanterna, Sala 2" if language == "pt_BR" else "Lanterna, Room 2") in words(mail)


@pytest.mark.parametrize("language", LANGUAGES)
def test_late_money_is_offered_other_seats(language: str) -> None:
    screening = make_screening("oooooo")
    basket = buying.choose(buying.start(screening, seats(screening, "A1 A2")))
    speak(basket, language)
    basket = buying.check_out(basket)
    buying.time_passes(basket, 30)
    buying.clockwork()
    buying.start(screening, seats(screening, "A1 A2"), "bia")
    buying.pay(basket, stubborn=True)
    mail = one(sent(), "Outros lugares" if language == "pt_BR" else "Other seats")
    assert re.search(r"A3, A4|A5, A6|A4, A5", words(mail))


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_waiting_lists_turn(language: str) -> None:
    screening = make_screening("oo")
    basket = buying.start(screening, seats(screening, "A1 A2"))
    with db.transaction():
        reservations.join_waiting_list(screening, 2, "eva@example.org", language, "eva")
    with db.transaction():
        reservations.release(basket.reservation_id)
    mail = one(sent(), "guardados para você" if language == "pt_BR" else "waiting for you")
    assert mail["To"] == "eva@example.org"
    assert "http://localhost/requests/" in words(mail)


def test_every_language_of_every_mail_is_whole() -> None:
    """No message id of the other language shows through: the two have no line of words in common."""
    english = set(_all_subjects("en"))
    assert not english & set(_all_subjects("pt_BR"))


def _all_subjects(language: str) -> list[str]:
    from app.users import notices

    facts = {
        "film": "Limite", "film_title": "Limite", "cinema": "Lanterna Centro", "auditorium": "Sala 2",
        "auditorium_name": "Sala 2", "order_code": "LUZ-4720", "path": "/x", "name": "Ana", "hours": 2,
        "starts_at": "2026-11-24T23:30:00+00:00", "until": "2026-11-24T22:30:00+00:00", "seats": ["A1"],
        "timezone": "America/Sao_Paulo", "total": 3800, "amount": 3800, "reason": "x", "new_seats": ["A2"],
        "attached": True,
    }  # fmt: skip
    names = sorted(path.stem for path in notices.FOLDER.glob("*.txt") if not path.stem.startswith("_"))
    assert len(names) == 10
    return [notices.write(name, language, facts).subject for name in names]


def test_the_same_notice_is_the_same_mail_twice_over(settings: Settings) -> None:
    person()
    with db.transaction():
        message_id = outbox.publish(
            NoticeRequested("account_exists", "ana@example.org", "en", {"path": "/x"})
        )
    worker.drain(routes(("users",)))
    (mail,) = mails(settings.mail_folder)
    assert mail["Message-ID"] == f"<{message_id}@cinelanterna.example>"


def test_what_people_typed_is_no_markup_in_a_mail(settings: Settings) -> None:
    hostile = {"path": "/x", "reason": "<img src=x onerror=alert(1)> {{7*7}}\n\nBcc: all@example.org"}
    facts = {
        "film": "<b>Limite</b>\r\nBcc: all@example.org", "cinema": "C", "auditorium": "S", "amount": 0,
        "starts_at": "2026-11-24T23:30:00+00:00", "timezone": "America/Sao_Paulo", "seats": ["A1"],
        "order_code": "LUZ-4720",
    }  # fmt: skip
    with db.transaction():
        outbox.publish(NoticeRequested("screening_cancelled", "ana@example.org", "en", facts | hostile))
    worker.drain(routes(("users",)))
    (mail,) = mails(settings.mail_folder)
    html = mail.get_body(("html",))
    assert html is not None
    assert "<img" not in html.get_content()
    assert "&lt;img" in html.get_content()
    assert "{{7*7}}" in html.get_content()
    assert mail["Bcc"] is None
    assert "<b>Limite</b> Bcc: all@example.org" in mail["Subject"]


def ready(**changes: object) -> TicketsReady:
    facts = {
        "film": "Limite", "cinema": "Centro", "auditorium": "Sala 2", "starts_at": "2026-11-24T23:30:00+00:00",
        "timezone": "America/Sao_Paulo", "seats": ["A1"], "total": 3800,
    }  # fmt: skip
    values = {
        "order_id": "0", "order_code": "LUZ-4720", "order_path": "/orders/x", "email": "ana@example.org",
        "name": "", "locale": "pt_BR", "storage_key": "orders/00/x.pdf", "facts": facts,
    }  # fmt: skip
    return TicketsReady(**values | changes)  # type: ignore[arg-type]


def test_revoked_tickets_get_no_mail(settings: Settings) -> None:
    with db.transaction():
        outbox.publish(ready(storage_key="orders/00/gone.pdf"))
    worker.drain(routes(("users",)))
    assert mails(settings.mail_folder) == []
    assert dead() == []


def test_a_pdf_too_large_for_a_mail_is_linked(settings: Settings) -> None:
    storage = open_storage(settings.storage_url, settings.ticket_folder)
    storage.put("orders/00/x.pdf", b"%PDF" + b"x" * 5_000_001, "application/pdf")
    with db.transaction():
        outbox.publish(ready())
    worker.drain(routes(("users",)))
    (mail,) = mails(settings.mail_folder)
    assert list(mail.iter_attachments()) == []
    assert "na página do pedido" in words(mail)
    assert "/orders/x" in words(mail)


def test_a_mail_that_can_never_go_out_is_a_dead_letter_and_a_late_one_is_not() -> None:
    with db.transaction():
        outbox.publish(NoticeRequested("account_exists", "a b@example.org", "en", {"path": "/x"}))
        outbox.publish(NoticeRequested("no_such_mail", "ana@example.org", "en", {}))
        outbox.publish(NoticeRequested("order_refunded", "ana@example.org", "en", {}))
    worker.drain(routes(("users",)))
    assert len(dead()) == 3


def test_mail_waits_while_the_server_is_away(settings: Settings) -> None:
    config.use(replace(settings, mail_url="smtp://127.0.0.1:1?tls=off"))
    try:
        with db.transaction():
            outbox.publish(NoticeRequested("account_exists", "ana@example.org", "en", {"path": "/x"}))
        worker.drain(routes(("users",)))
    finally:
        config.use(settings)
    assert dead() == []
    with db.transaction() as session:
        assert session.execute(text("select attempts from core.outbox")).scalar() == 1
        session.execute(text("update core.outbox set available_at = clock_timestamp()"))
    worker.drain(routes(("users",)))
    assert len(mails(settings.mail_folder)) == 1


def test_a_notice_that_says_what_is_no_longer_so_is_not_sent(settings: Settings) -> None:
    """The mail server was away until the seats had gone, or the link had ended."""
    now = datetime.now(UTC)
    with db.transaction():
        for name, hours in (("late", -1), ("early", 1)):
            moment = (now + timedelta(hours=hours)).isoformat()
            outbox.publish(
                NoticeRequested(
                    "account_exists", f"{name}@example.org", "en", {"path": "/x"}, not_after=moment
                )
            )
    worker.drain(routes(("users",)))
    assert [mail["To"] for mail in mails(settings.mail_folder)] == ["early@example.org"]
    assert dead() == []
    with db.reading() as session:
        assert session.execute(text("select count(*) from core.outbox")).scalar_one() == 0


def test_a_notice_of_before_there_was_such_a_time_is_sent(settings: Settings) -> None:
    with db.transaction() as session:
        outbox.publish(NoticeRequested("account_exists", "ana@example.org", "en", {"path": "/x"}))
        session.execute(text("update core.outbox set payload = payload - 'not_after'"))
    worker.drain(routes(("users",)))
    assert len(mails(settings.mail_folder)) == 1


@pytest.mark.parametrize("purpose", ["verify", "reset"])
def test_a_link_is_not_sent_once_it_has_ended(settings: Settings, purpose: str) -> None:
    config.use(replace(settings, mail_url="smtp://127.0.0.1:1?tls=off"))
    try:
        ana = person(verified=False)
        with db.transaction():
            if purpose == "verify":
                users.send_verification(ana.id)
            else:
                users.request_reset(ana.email)
        worker.drain(routes(("users",)))
    finally:
        config.use(settings)
    with db.reading() as session:
        ends = session.execute(text("select expires_at from users.email_tokens")).scalar_one()
        told = session.execute(text("select payload->>'not_after' from core.outbox")).scalar_one()
    assert datetime.fromisoformat(told) == ends


def test_mail_that_is_put_off_for_a_morning_arrives(settings: Settings) -> None:
    """As greylisting does, or an outage: no person has to put anything back."""
    server = MailServer()
    config.use(replace(settings, mail_url=f"smtp://127.0.0.1:{server.port}?tls=off"))
    try:
        with db.transaction():
            outbox.publish(NoticeRequested("account_exists", "ana@later.example", "en", {"path": "/x"}))
        for _ in range(worker.MOST_ATTEMPTS + 2):
            assert worker.drain(routes(("users",))) == 1
            assert dead() == []
            with db.transaction() as session:
                session.execute(text("update core.outbox set available_at = clock_timestamp()"))
        server.puts_off = False
        worker.drain(routes(("users",)))
    finally:
        config.use(settings)
        server.stop()
    assert len(server.received) == 1
