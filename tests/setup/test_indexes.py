"""Queries that run under a lock use an index, and so do the foreign keys that reference seats and zones."""

from __future__ import annotations

import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from sqlalchemy import event, text

from app.core import db, outbox
from app.core.messages import TicketsReady
from app.reservations import service as reservations
from tests.actors import visitor_actor
from tests.reservations.auditoriums import make_screening

pytestmark = pytest.mark.usefixtures("database")


FULL = (
    "insert into reservations.requests (id, token, screening_id, state, quantity, email, locale, visitor)"
    " select gen_random_uuid(), gen_random_uuid(), (select max(id) from events.screenings), 'waiting', 1,"
    " n || '@example.com', 'en', 'visitor ' || n from generate_series(1, 3000) n",
    "insert into core.outbox (message_id, consumer, kind, payload) select gen_random_uuid(), 'users',"
    " case when mod(n, 2) = 0 then 'TicketsReady' else 'OrderCalledOff' end,"
    " jsonb_build_object('order_id', gen_random_uuid()) from generate_series(1, 3000) n",
    "analyze reservations.requests, core.outbox",
)


@contextmanager
def plans() -> Iterator[list[str]]:
    """Collect the query plans of the statements in the block, as planned for full tables."""
    asked: list[tuple[str, Any]] = []

    def note(_connection: Any, _cursor: Any, statement: str, parameters: Any, *_: Any) -> None:
        asked.append((statement, parameters))

    found: list[str] = []
    event.listen(db.engine(), "before_cursor_execute", note)
    try:
        yield found
    finally:
        event.remove(db.engine(), "before_cursor_execute", note)
    with db.engine().connect() as connection:  # rolled back at the end
        for statement in FULL:
            connection.exec_driver_sql(statement)
        for statement, parameters in asked:
            if statement.lstrip().split()[0].lower() in ("select", "insert", "update", "delete", "with"):
                plan = connection.exec_driver_sql(f"explain {statement}", parameters)
                found.append("\n".join(plan.scalars()))


def join_waiting_list() -> None:
    screening = make_screening("o")
    with db.transaction():
        reservations.join_waiting_list(screening, 1, "ana@example.org", visitor_actor("ana", locale="en"))


def withdraw_mail() -> None:
    make_screening("o")
    with db.transaction():
        outbox.withdraw(TicketsReady, order_id=str(uuid.uuid4()))


@pytest.mark.parametrize(
    ("work", "index"),
    [
        (join_waiting_list, "ix_requests_email"),
        (withdraw_mail, "ix_outbox_order_id"),
    ],
)
def test_queries_under_a_lock_use_an_index(work: Callable[[], None], index: str) -> None:
    with plans() as found:
        work()
    assert any(index in plan for plan in found), found


def test_foreign_keys_to_seats_and_zones_have_an_index() -> None:
    """An import deletes seats and zones, and Postgres then searches every table that references them."""
    with db.reading() as session:
        without = session.execute(
            text(
                "select c.conrelid::regclass::text || ' ' || c.conname from pg_constraint c where c.contype = 'f'"
                " and c.confrelid in ('events.seats'::regclass, 'events.zones'::regclass) and not exists ("
                "   select from pg_index i where i.indrelid = c.conrelid and i.indkey[0] = c.conkey[1]"
                "   and i.indpred is null and i.indisvalid)"
            )
        ).scalars()
        assert list(without) == []
