"""The person whose data the tests of export and erasure look for, and the steps that these tests share."""

from __future__ import annotations

from flask import Flask

from app.cli import register
from app.core import db
from app.events.service import Screening
from app.orders import service as orders
from app.orders.service import OrderView
from app.tickets import documents
from app.users import service as users
from tests.actors import owner_of
from tests.orders import purchases
from tests.reservations.auditoriums import seat_ids, seat_plan_of

NAME, EMAIL, CPF = "Olímpia Prates", "olimpia.prates@example.org", "52998224725"
PASSWORD = "quatro palavras bem longas"


def output_of(app: Flask, *words: str) -> str:
    """What the command `users` prints."""
    register(app)
    answer = app.test_cli_runner().invoke(args=["users", *words])
    assert isinstance(answer.exception, SystemExit | None), answer.exception
    return answer.output


def make_account() -> int:
    """The id of her account, at which she is signed in."""
    with db.transaction():
        account = users.make_account(EMAIL, NAME, PASSWORD, "customer")
        users.begin_session(account.id)
    return account.id


def stored(order: OrderView) -> bool:
    """Whether the PDF of the order is in the storage."""
    return documents.storage().exists(documents.storage_key(order.id, 1))


def basket(screening: Screening, names: str, visitor: str = "olimpia") -> OrderView:
    """Her order, which waits for its payment by Pix."""
    started = purchases.choose(purchases.start(screening, seat_ids(seat_plan_of(screening), names), visitor))
    with db.transaction():
        orders.check_out(started.token, owner_of(started), name=NAME, email=EMAIL, cpf=CPF, method="pix")
    purchases.run_due_work()
    return purchases.order(started.token)
