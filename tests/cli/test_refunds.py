"""The command for failed refunds lists them and requests them again."""

from __future__ import annotations

import re

from flask import Flask

from app.cli import register
from app.core import db
from app.orders import service as orders
from app.payments import service as payments
from tests.orders import purchases
from tests.reservations.auditoriums import make_screening, seat_ids, seat_plan_of


def output_of(app: Flask, *words: str) -> str:
    register(app)
    answer = app.test_cli_runner().invoke(args=["refunds", *words])
    assert isinstance(answer.exception, SystemExit | None), answer.exception
    return answer.output


def test_failed_refunds_are_listed_and_retried(app: Flask) -> None:
    screening = make_screening()
    paid = purchases.buy(screening, seat_ids(seat_plan_of(screening), "A1"))
    assert output_of(app) == "0 refused refunds\n"
    purchases.bank().set_refund_mode(purchases.charge_id(paid), "fail")
    with db.transaction():
        orders.cancel(paid.token)
    purchases.run_due_work()
    listed = output_of(app)
    assert paid.code in listed
    assert re.search(r"\d{4}-\d\d-\d\d \d\d:\d\d UTC", listed)
    assert "R$\u00a038,00" in listed
    assert "1 refused refund\n" in listed
    refund_id = re.match(r"[0-9a-f-]{36}", listed)
    assert refund_id
    purchases.bank().set_refund_mode(purchases.charge_id(paid), "ok")
    assert output_of(app, "retry", refund_id[0]) == "1 asked for again\n"
    purchases.run_due_work()
    assert output_of(app) == "0 refused refunds\n"
    with db.reading():
        assert [one.state for one in payments.refunds_of(paid.id)] == ["refunded"]
    assert "was not refused" in output_of(app, "retry", refund_id[0])
    assert output_of(app, "retry") == "0 asked for again\n"
