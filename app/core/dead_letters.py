"""Deliveries that the worker gave up on: they stay in the outbox, are listed, and can be put back."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import text

from app.core import db


@dataclass(frozen=True)
class DeadLetter:
    message_id: str
    consumer: str
    kind: str
    attempts: int
    last_error: str
    dead_at: datetime


def dead_letters() -> list[DeadLetter]:
    rows = db.session().execute(
        text(
            "select message_id, consumer, kind, attempts, coalesce(last_error, '') as last_error, dead_at"
            " from core.outbox where dead_at is not null order by dead_at"
        )
    )
    return [
        DeadLetter(str(r.message_id), r.consumer, r.kind, r.attempts, r.last_error, r.dead_at) for r in rows
    ]


def put_back(message_id: str | None = None) -> int:
    """Deliver dead letters again, one or all; returns how many."""
    result = db.session().execute(
        text(
            """
            update core.outbox set dead_at = null, attempts = 0, available_at = clock_timestamp()
            where dead_at is not null and (cast(:id as uuid) is null or message_id = cast(:id as uuid)) returning 1
            """
        ),
        {"id": message_id},
    )
    return len(result.all())
