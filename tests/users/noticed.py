"""What was mailed, and what has a mail sent: for the tests of notices."""

from __future__ import annotations

from email.message import EmailMessage

from sqlalchemy import text

from app.core import config, db, worker
from app.core.dead_letters import DeadLetter, OutboxDeadLetters
from app.core.messages import TicketsReady
from app.dispatch import routes
from app.events.service import Screening
from app.orders.service import OrderView
from tests.orders import buying
from tests.reservations.rooms import ids, plan_of
from tests.users.people import mails


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
        return OutboxDeadLetters().list()


def one(found: dict[str, EmailMessage], *parts: str) -> EmailMessage:
    fitting = [mail for subject, mail in found.items() if all(part in subject for part in parts)]
    assert len(fitting) == 1, list(found)
    return fitting[0]


def bought(screening: Screening, language: str) -> OrderView:
    basket = buying.choose(buying.start(screening, seats(screening, "A1 A2")))
    speak(basket, language)
    return buying.pay(buying.check_out(basket))


def ready(**changes: object) -> TicketsReady:
    facts = {
        "film": "Limite", "cinema": "Centro", "auditorium": "Sala 2", "starts_at": "2026-11-24T23:30:00+00:00",
        "timezone": "America/Sao_Paulo", "seats": ["A1"], "total": 3800,
    }  # fmt: skip
    values = {
        "order_id": "0", "order_code": "LUZ-4720", "order_token": "x", "email": "ana@example.org",
        "name": "", "locale": "pt_BR", "storage_key": "orders/00/x.pdf", "facts": facts,
    }  # fmt: skip
    return TicketsReady(**values | changes)  # type: ignore[arg-type]
