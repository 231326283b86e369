"""The outbox: messages are written in the transaction of the change that they report, one row for each consumer.

This module writes and withdraws them. A worker takes them from a source (`core.deliveries`): on one machine the rows
themselves are the queue (`core.outbox_source`).
"""

from __future__ import annotations

import json
import uuid
from datetime import datetime
from typing import Any

from sqlalchemy import DateTime, Index, Integer, Text, Uuid, func, text
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from app.core import codes, db, trace
from app.core.messages import Message

CHANNEL = "outbox"


class OutboxRow(db.Base):
    """A delivery that is not done: waiting, leased, or a dead letter (`dead_at`)."""

    __tablename__ = "outbox"

    message_id: Mapped[uuid.UUID] = mapped_column(Uuid, primary_key=True)
    consumer: Mapped[str] = mapped_column(Text, primary_key=True)
    kind: Mapped[str] = mapped_column(Text)
    payload: Mapped[dict[str, Any]] = mapped_column(JSONB)
    created_at: Mapped[datetime] = mapped_column(
        DateTime(timezone=True), server_default=func.clock_timestamp()
    )
    available_at: Mapped[datetime] = mapped_column(
        DateTime(timezone=True), server_default=func.clock_timestamp()
    )
    leased_until: Mapped[datetime | None] = mapped_column(DateTime(timezone=True))
    attempts: Mapped[int] = mapped_column(Integer, server_default=text("0"))
    last_error: Mapped[str | None] = mapped_column(Text)
    dead_at: Mapped[datetime | None] = mapped_column(DateTime(timezone=True))
    # Consecutive leases that expired without an outcome (the worker crashed).
    lapses: Mapped[int] = mapped_column(Integer, server_default=text("0"))
    attributes: Mapped[dict[str, str]] = mapped_column(JSONB, server_default=text("'{}'"))  # the trace

    __table_args__ = (
        Index("ix_outbox_waiting", "consumer", "available_at", postgresql_where=text("dead_at is null")),
        # `withdraw` looks for these by their order; rows of other kinds are not in the index.
        Index(
            "ix_outbox_order_id",
            text("(payload ->> 'order_id')"),
            postgresql_where=text("kind in ('OrderPaid', 'TicketsReady', 'OrderCalledOff')"),
        ),
        {"schema": "core"},
    )


class ProcessedRow(db.Base):
    """A delivery that is done. Its effect committed together with this row: a repeat finds the row and stops."""

    __tablename__ = "processed"
    __table_args__ = (Index("ix_processed_done_at", "done_at"), {"schema": "core"})

    consumer: Mapped[str] = mapped_column(Text, primary_key=True)
    message_id: Mapped[uuid.UUID] = mapped_column(Uuid, primary_key=True)
    done_at: Mapped[datetime] = mapped_column(DateTime(timezone=True), server_default=func.clock_timestamp())


# The notification is part of the insert: one statement. It serialises commits, so it is sent only on request.
_PUBLISH = text(
    """
    with inserted as (
        insert into core.outbox (message_id, consumer, kind, payload, attributes, available_at)
        select :message_id, consumer, :kind, cast(:payload as jsonb), cast(:attributes as jsonb),
            clock_timestamp() + make_interval(secs => :delay)
        from unnest(cast(:consumers as text[])) consumer
        returning consumer
    )
    select pg_notify('outbox', consumer) from inserted where :urgent
    """
)


def publish(message: Message, *, urgent: bool = False, delay: float = 0.0) -> uuid.UUID:
    """Write `message` for each of its consumers in the caller's transaction; returns the message's id.

    `urgent` wakes a worker at the commit; use it when a person waits at a page for the effect. Workers find other
    messages by polling. `delay` is in seconds.
    """
    message_id = codes.ordered_id()
    db.session().execute(
        _PUBLISH,
        {
            "message_id": message_id,
            "consumers": list(message.consumers),
            "kind": type(message).__name__,
            "payload": json.dumps(message.payload()),
            "attributes": json.dumps(trace.attributes()),
            "delay": delay,
            "urgent": urgent,
        },
    )
    return message_id


_WITHDRAW = """
    delete from core.outbox where kind = :kind and consumer = any(:consumers) and payload @> cast(:facts as jsonb)
    {and_of_order} returning 1
"""
_WITHDRAW_ANY = text(_WITHDRAW.format(and_of_order=""))
_WITHDRAW_OF_ORDER = text(_WITHDRAW.format(and_of_order="and payload ->> 'order_id' = :order_id"))


def withdraw(kind: type[Message], **facts: object) -> int:
    """Delete, in the caller's transaction, the waiting and dead messages of `kind` with these facts. Returns how many.

    A message that is being handled, or that a relay has moved to a queue, is not withdrawn: a handler for which this
    matters checks the state itself. With an `order_id`, `ix_outbox_order_id` finds the messages of its kinds;
    otherwise all waiting messages of the kind are read.
    """
    statement = _WITHDRAW_OF_ORDER if "order_id" in facts else _WITHDRAW_ANY
    values = {"kind": kind.__name__, "consumers": list(kind.consumers), "facts": json.dumps(facts)}
    return len(db.session().execute(statement, values | {"order_id": facts.get("order_id")}).all())


# Messages of every kind name the address of their mail in the field `email`.
_MAILS = "payload ? 'email' and lower(payload->>'email') = lower(:email)"


def waiting_mails(email: str) -> list[str]:
    """The kinds of the waiting and dead messages that lead to a mail to this address."""
    rows = db.session().execute(
        text(f"select kind from core.outbox where {_MAILS} order by created_at"),  # noqa: S608 (no value is put in)
        {"email": email},
    )
    return list(rows.scalars())


def withdraw_mails(email: str) -> int:
    """Delete the waiting and dead messages that lead to a mail to this address; returns how many.

    A message that is being handled is not stopped. One that a relay has moved is not here: `core.erasures` has the
    worker drop it.
    """
    deleted = db.session().execute(
        text(f"delete from core.outbox where {_MAILS} returning 1"),  # noqa: S608 (no value is put in)
        {"email": email},
    )
    return len(deleted.all())


_DELETE_OLD_MARKS = text(
    """
    delete from core.processed where (consumer, message_id) in (
        select consumer, message_id from core.processed
        where done_at < clock_timestamp() - make_interval(days => :days) limit :most
    )
    returning 1
    """
)


def delete_old_marks(days: int = 14, *, batch: int = 10_000) -> int:
    """Delete the marks of deliveries that were done more than `days` ago. Returns how many.

    No queue repeats a delivery after so long. Each statement deletes at most `batch`, to stay within the time limit of
    a worker's statement.
    """
    deleted = 0
    while True:
        found = len(db.session().execute(_DELETE_OLD_MARKS, {"days": days, "most": batch}).all())
        deleted += found
        if found < batch:
            return deleted
