"""The number of SQL statements of a payment must not grow unnoticed."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager

from sqlalchemy import event

from app.adapters.psp.sandbox import Sandbox
from app.core import db, worker
from app.dispatch import routes
from app.payments import service
from app.payments.service import Charge

Ask = Callable[..., Charge]


@contextmanager
def counted() -> Iterator[list[str]]:
    """Collect the statements that the application's engine sends; the sandbox bank has its own.

    The look at the programme's version every two seconds belongs to no step, but to whichever a slow machine is at.
    """
    sent: list[str] = []

    def note(connection: object, cursor: object, statement: str, *_: object) -> None:
        if "from events.programme_version" not in statement:
            sent.append(statement)

    event.listen(db.engine(), "before_cursor_execute", note)
    try:
        yield sent
    finally:
        event.remove(db.engine(), "before_cursor_execute", note)


def test_asking_for_money(ask: Ask) -> None:
    with counted() as sent:
        ask()
    assert len(sent) == 2, sent  # the row; the message


def test_making_the_charge(ask: Ask) -> None:
    ask()
    with counted() as sent:
        worker.drain(routes(("payments",)))
    leases = [statement for statement in sent if "set leased_until" in statement]
    assert len(sent) - len(leases) == 3, sent  # read; done-mark; update


def test_money_comes(ask: Ask, work: Callable[[], int], bank: Sandbox) -> None:
    asked = ask()
    work()
    bank.pay(asked.id.hex, webhooks=0)
    sent = bank.notification(asked.id.hex)
    with db.transaction():
        service.receive_webhook("sandbox", sent.headers, sent.body)
    with counted() as statements:
        worker.drain(routes(("payments",)))
    leases = [statement for statement in statements if "set leased_until" in statement]
    assert len(statements) - len(leases) == 4, statements  # read; done-mark; update and receipt; message


def test_a_page_that_waits(ask: Ask) -> None:
    asked = ask()
    with counted() as sent, db.reading():
        service.progress(asked.id)
    assert len(sent) == 1
