"""A screening with sold tickets, the mails to its buyers, and changes of its time."""

from __future__ import annotations

from datetime import timedelta
from email.message import EmailMessage
from pathlib import Path
from typing import Any

from sqlalchemy import text

from app.core import cache, config, db
from app.orders.service import OrderView
from app.tickets import service as tickets
from app.tickets.service import Ticket
from tests.cli.small_programme import import_changes, only_screening, seat_ids_at
from tests.orders import purchases
from tests.users.account_data import mail_text, read_mails
from tests.users.notice_mails import send_all_mails, set_order_language


def import_small_programme(folder: Path) -> Path:
    """Import one screening (Limite, original version, 120 minutes, on sale), and empty the mailbox."""
    for file in config.settings().mail_folder.glob("*.eml"):
        file.unlink()
    import_changes(folder)
    return folder


def bought(*numbers: int, language: str = "pt_BR", **chosen: Any) -> OrderView:
    """Make a paid order whose PDF is made and mailed."""
    screening = only_screening()
    basket = purchases.choose(purchases.start(screening, seat_ids_at(screening, *numbers)), **chosen)
    set_order_language(basket, language)
    paid = purchases.pay(purchases.check_out(basket))
    send_all_mails()
    return paid


def later_mails(order: OrderView) -> list[EmailMessage]:
    """The mails about the order, without the one with its tickets; oldest first."""
    send_all_mails()
    found = [mail for mail in read_mails(config.settings().mail_folder) if order.code in mail["Subject"]]
    return [mail for mail in found if not mail["Subject"].startswith(("Seus ingressos", "Your tickets"))]


def text_of(mail: EmailMessage) -> str:
    return mail_text(mail).replace("\r\n", "\n").replace("\u202f", " ")


def issued(order: OrderView) -> list[Ticket]:
    with db.reading():
        return tickets.of_order(order.id)


def run(statement: str, **values: object) -> None:
    with db.transaction() as session:
        session.execute(text(statement), values)
    cache.clear_all()


def move_start(in_: timedelta) -> None:
    """Move the start of the screening, also on its tickets."""
    for table in ("events.screenings", "tickets.issues"):
        run(
            f"update {table} set starts_at = clock_timestamp() + :in_, ends_at = clock_timestamp() + :in_ +"
            " (ends_at - starts_at)",
            in_=in_,
        )
