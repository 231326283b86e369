"""Erased persons, for the messages about them that cannot be withdrawn: a relay has moved them to a queue.

The erasure is stored as a keyed hash of the e-mail, and of the codes of the person's orders. A worker then drops each
message that leads to a mail to that person and was written before the erasure.
"""

from __future__ import annotations

import uuid
from collections.abc import Iterator, Sequence
from datetime import datetime

from sqlalchemy import DateTime, Text, func, text
from sqlalchemy.orm import Mapped, mapped_column

from app.core import db
from app.core.messages import Message
from app.core.throttle import keyed_hash

# No queue or dead-letter queue keeps a message for so long.
KEPT_DAYS = 60


class ErasureRow(db.Base):
    """An erased person or order. `subject` is a keyed hash."""

    __tablename__ = "erasures"
    __table_args__ = {"schema": "core"}

    subject: Mapped[str] = mapped_column(Text, primary_key=True)
    erased_at: Mapped[datetime] = mapped_column(
        DateTime(timezone=True), server_default=func.clock_timestamp(), index=True
    )


_RECORD = text(
    """
    insert into core.erasures (subject) select unnest(cast(:subjects as text[]))
    on conflict (subject) do update set erased_at = clock_timestamp()
    """
)
_IS_ERASED = text(
    "select exists (select from core.erasures where subject = any(:subjects)"
    " and erased_at >= to_timestamp(cast(:written_at as double precision) / 1000))"
)
_DELETE_OLD = text(
    "delete from core.erasures where erased_at < clock_timestamp() - make_interval(days => :days)"
)


def record(*, emails: Sequence[str] = (), order_codes: Sequence[str] = ()) -> None:
    """Record, in the caller's transaction, that the person of these e-mails or of these orders is erased now."""
    subjects = {*(_subject("email", one) for one in emails), *(_subject("order", one) for one in order_codes)}
    db.session().execute(_RECORD, {"subjects": sorted(subjects)})


def concerns(message: Message, message_id: str) -> bool:
    """Whether the message leads to a mail to a person who was erased after it was written."""
    subjects = list(_subjects(message))
    if not subjects:
        return False
    with db.reading() as session:
        values = {"subjects": subjects, "written_at": _milliseconds(uuid.UUID(message_id))}
        return bool(session.execute(_IS_ERASED, values).scalar_one())


def delete_old() -> None:
    """Delete, in the caller's transaction, erasures of more than KEPT_DAYS ago."""
    db.session().execute(_DELETE_OLD, {"days": KEPT_DAYS})


def _subjects(message: Message) -> Iterator[str]:
    """The keyed hashes of the recipient and of the order; none if the message leads to no mail."""
    email = getattr(message, "email", "")
    if not email:
        return
    yield _subject("email", email)
    code = getattr(message, "order_code", "") or getattr(message, "facts", {}).get("order_code", "")
    if code:
        yield _subject("order", str(code))


def _subject(kind: str, value: str) -> str:
    return keyed_hash(f"erased {kind} {value.lower()}")


def _milliseconds(message_id: uuid.UUID) -> int:
    """The time at which the message was written, in milliseconds since 1970 (see `codes.ordered_id`)."""
    return message_id.int >> 80
