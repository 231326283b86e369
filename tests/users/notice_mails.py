"""Orders and messages that send notices, and the mails that were sent."""

from __future__ import annotations

from email.message import EmailMessage

from sqlalchemy import text

from app.core import config, db, worker
from app.core.dead_letters import DeadLetter, OutboxDeadLetters
from app.core.messages import TicketsReady
from app.dispatch import routes
from app.events.service import Screening
from app.orders.service import OrderView
from tests.orders import purchases
from tests.reservations.auditoriums import seat_ids, seat_plan_of
from tests.users.account_data import read_mails


def seat_ids_of(screening: Screening, names: str) -> tuple[int, ...]:
    return seat_ids(seat_plan_of(screening), names)


def set_order_language(basket: OrderView, language: str) -> None:
    with db.transaction() as session:
        values = {"locale": language, "id": basket.id}
        session.execute(text("update orders.orders set locale = :locale where id = :id"), values)


def send_all_mails() -> dict[str, EmailMessage]:
    """Run all services until nothing is due; returns all mails by their subject."""
    purchases.run_due_work()
    worker.drain(routes())
    purchases.run_due_work()
    worker.drain(routes())
    assert dead_letters() == []
    return {mail["Subject"]: mail for mail in read_mails(config.settings().mail_folder)}


def dead_letters() -> list[DeadLetter]:
    with db.reading():
        return OutboxDeadLetters().list()


def only_mail(found: dict[str, EmailMessage], *parts: str) -> EmailMessage:
    fitting = [mail for subject, mail in found.items() if all(part in subject for part in parts)]
    assert len(fitting) == 1, list(found)
    return fitting[0]


def buy_in_language(screening: Screening, language: str) -> OrderView:
    basket = purchases.choose(purchases.start(screening, seat_ids_of(screening, "A1 A2")))
    set_order_language(basket, language)
    return purchases.pay(purchases.check_out(basket))


def tickets_ready(**changes: object) -> TicketsReady:
    facts = {
        "film": "Limite", "cinema": "Centro", "auditorium": "Sala 2", "starts_at": "2026-11-24T23:30:00+00:00",
        "timezone": "America/Sao_Paulo", "seats": ["A1"], "total": 3800,
    }  # fmt: skip
    values = {
        "order_id": "0", "order_code": "LUZ-4720", "order_token": "x", "email": "ana@example.org",
        "name": "", "locale": "pt_BR", "storage_key": "orders/00/x.pdf", "facts": facts,
    }  # fmt: skip
    return TicketsReady(**values | changes)  # type: ignore[arg-type]
