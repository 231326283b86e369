"""Dead letters: deliveries that the worker tries no more. They are stored until a person puts them back."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Protocol

from sqlalchemy import text

from app.core import db


@dataclass(frozen=True)
class DeadLetter:
    """`dead_at` in UTC. `payload` may name a person: it is for the operator's eyes, never for a log."""

    message_id: str
    consumer: str
    kind: str
    payload: Mapping[str, Any]
    attempts: int
    last_error: str
    dead_at: datetime


class DeadLetters(Protocol):
    """The commands' port to dead letters, beside the worker's port (`core.deliveries`)."""

    def list(self, message_id: str | None = None) -> list[DeadLetter]:
        """List all dead letters, oldest first, or those of one message: one for each consumer that gave it up."""

    def put_back(self, message_id: str | None = None) -> int:
        """Deliver all dead letters again, or those of one message, and count attempts from 1; returns how many."""


_LIST = text(
    """
    select message_id, consumer, kind, payload, attempts, coalesce(last_error, '') as last_error, dead_at
    from core.outbox
    where dead_at is not null and (cast(:id as uuid) is null or message_id = cast(:id as uuid)) order by dead_at
    """
)
_PUT_BACK = text(
    """
    update core.outbox set dead_at = null, attempts = 0, available_at = clock_timestamp()
    where dead_at is not null and (cast(:id as uuid) is null or message_id = cast(:id as uuid)) returning 1
    """
)


class OutboxDeadLetters:
    """`DeadLetters` where the outbox is the queue: rows that have `dead_at`."""

    def list(self, message_id: str | None = None) -> list[DeadLetter]:
        with db.reading() as session:
            rows = session.execute(_LIST, {"id": message_id}).mappings()
            return [DeadLetter(**{**row, "message_id": str(row["message_id"])}) for row in rows]

    def put_back(self, message_id: str | None = None) -> int:
        with db.transaction() as session:
            return len(session.execute(_PUT_BACK, {"id": message_id}).all())


_DELETE_OLD_MAILS = text(
    """
    delete from core.outbox
    where payload ? 'email' and dead_at < clock_timestamp() - make_interval(days => :days) returning 1
    """
)


def delete_old_mails(days: int = 30) -> int:
    """Delete dead letters that name an e-mail address and are `days` old; returns how many.

    Messages about money name none and are kept.
    """
    return len(db.session().execute(_DELETE_OLD_MAILS, {"days": days}).all())
