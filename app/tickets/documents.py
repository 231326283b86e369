"""The PDF of an order: made by the worker, kept in storage, handed out by its owner's token."""

from __future__ import annotations

import uuid
from collections.abc import Sequence

from sqlalchemy import text

from app.adapters.storage import Missing, Storage, StorageError, shared_storage
from app.core import db
from app.core.config import settings
from app.core.state_machine import none_of
from app.tickets.states import REVOKED
from app.tickets.views import Document, Ticket

LINK_SECONDS = 300


def storage() -> Storage:
    """Where the settings say that tickets lie."""
    return shared_storage(settings().storage.url, settings().ticket_folder)


def revision_of(tickets: Sequence[Ticket]) -> int:
    return max(ticket.revision for ticket in tickets)


def storage_key(order_id: uuid.UUID, revision: int) -> str:
    """The same for the same tickets: a handler that runs twice writes one file twice, not two.

    The folder is of the id's random part: the others begin with the time (version 7).
    """
    folder = order_id.hex[-2:] if order_id.version == 7 else order_id.hex[:2]
    return f"orders/{folder}/{order_id.hex}-{revision}.pdf"


def document(order_id: uuid.UUID) -> Document | None:
    """The PDF that shows the tickets as they are; None while it is being made, or when none of them counts."""
    row = (
        db.session()
        .execute(
            text(
                f"""
            select d.* from tickets.documents d where d.order_id = :order_id and d.revision = (
                select max(t.revision) from tickets.tickets t where t.order_id = :order_id
                    and {none_of("t.state", (REVOKED,))})
            """
            ),
            {"order_id": order_id},
        )
        .first()
    )
    if row is None:
        return None
    return Document(row.order_id, row.revision, row.storage_key, row.size, row.made_at)


def pdf_of(order_id: uuid.UUID) -> bytes | None:
    """The PDF itself; None as `document`. Reads the storage: not for use inside a transaction.

    Raises StorageError when the storage is away.
    """
    found = document(order_id)
    if found is None:
        return None
    try:
        return storage().get(found.storage_key)
    except Missing:
        return None


def pdf_link(order_id: uuid.UUID, filename: str) -> str | None:
    """A short-lived address where the storage gives it out itself (S3); None where `pdf_of` must be used."""
    found = document(order_id)
    return storage().url(found.storage_key, LINK_SECONDS, filename) if found is not None else None


# Revoking, signing anew and renewing wait for this, or this for them: what is written down is so when it commits.
_RECORD = text(
    f"""
    with counted as (
        select revision from tickets.tickets where order_id = :order_id
            and {none_of("state", (REVOKED,))} order by id for share
    ), shared as (
        select facts, ends_at from tickets.issues where order_id = :order_id for share
    )
    insert into tickets.documents (order_id, revision, storage_key, size, ends_at)
    select :order_id, :revision, :key, :size, shared.ends_at from shared
    where :revision = (select max(revision) from counted)
      and :screening_revision = coalesce(cast(shared.facts->>'screening_revision' as int), 0)
    on conflict (order_id) do update set revision = excluded.revision, storage_key = excluded.storage_key,
        size = excluded.size, ends_at = excluded.ends_at, made_at = clock_timestamp()
    returning order_id
    """
)


def record(order_id: uuid.UUID, revision: int, key: str, size: int, screening_revision: int = 0) -> bool:
    """Write down that the PDF lies in storage, drawn of the tickets' and the screening's revision.

    False, and nothing written, when it does not show them as they are: none of them counts any more, they were signed
    anew, or their screening has changed.
    """
    values = {
        "order_id": order_id,
        "revision": revision,
        "screening_revision": screening_revision,
        "key": key,
        "size": size,
    }
    return db.session().execute(_RECORD, values).first() is not None


def delete_files(tickets: Sequence[Ticket]) -> None:
    """Delete every PDF that these tickets of one order ever had. Speaks to the storage; raises StorageError."""
    delete_revisions(tickets[0].facts.order_id, revision_of(tickets))


def delete_revisions(order_id: uuid.UUID, newest: int) -> None:
    """Delete the order's PDFs up to the `newest` revision. Speaks to the storage; raises StorageError."""
    for revision in range(1, newest + 1):
        storage().delete(storage_key(order_id, revision))


def forget(order_id: uuid.UUID) -> None:
    """No PDF of the order lies in storage any more."""
    db.session().execute(
        text("delete from tickets.documents where order_id = :order_id"), {"order_id": order_id}
    )


__all__ = [
    "StorageError",
    "delete_files",
    "delete_revisions",
    "document",
    "forget",
    "pdf_link",
    "pdf_of",
    "record",
    "revision_of",
    "storage",
    "storage_key",
]
