"""The PDF of an order's tickets: its file in the storage, and the row that records it."""

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
    """The storage of the PDFs, as the settings name it."""
    return shared_storage(settings().storage.url, settings().ticket_folder)


def revision_of(tickets: Sequence[Ticket]) -> int:
    return max(ticket.revision for ticket in tickets)


def storage_key(order_id: uuid.UUID, revision: int) -> str:
    """The name of the PDF's file. It depends on the tickets alone: a handler that runs twice writes the same file.

    The folder is named by random digits of the id; an id of version 7 begins with the time, so its last digits are
    taken.
    """
    folder = order_id.hex[-2:] if order_id.version == 7 else order_id.hex[:2]
    return f"orders/{folder}/{order_id.hex}-{revision}.pdf"


def document(order_id: uuid.UUID) -> Document | None:
    """The record of the PDF of the current tickets; None before it is made, and when all tickets are revoked."""
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
    """The PDF's bytes; None when `document` is None or its file is missing. Must not be called in a transaction.

    Raises StorageError when the storage does not answer.
    """
    found = document(order_id)
    if found is None:
        return None
    try:
        return storage().get(found.storage_key)
    except Missing:
        return None


def pdf_link(order_id: uuid.UUID, filename: str) -> str | None:
    """A short-lived address of the PDF in the storage (S3); None if the storage has no addresses: use `pdf_of` then."""
    found = document(order_id)
    return storage().url(found.storage_key, LINK_SECONDS, filename) if found is not None else None


# The shared locks make this statement and those that revoke, re-sign or update tickets wait for each other, so that
# the record is still true at the commit.
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
    """Record that the PDF of these revisions of the tickets and of the screening is in the storage.

    Returns False and records nothing when the PDF is out of date: all tickets were revoked, they were re-signed, or
    their screening has changed.
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
    """Delete the PDFs of all revisions of one order's tickets from the storage. Raises StorageError."""
    delete_revisions(tickets[0].facts.order_id, revision_of(tickets))


def delete_revisions(order_id: uuid.UUID, newest: int) -> None:
    """Delete the order's PDFs up to the `newest` revision from the storage. Raises StorageError."""
    for revision in range(1, newest + 1):
        storage().delete(storage_key(order_id, revision))


def delete_record(order_id: uuid.UUID) -> None:
    """Delete the row that records the order's PDF; its file is deleted before."""
    db.session().execute(
        text("delete from tickets.documents where order_id = :order_id"), {"order_id": order_id}
    )


__all__ = [
    "StorageError",
    "delete_files",
    "delete_record",
    "delete_revisions",
    "document",
    "pdf_link",
    "pdf_of",
    "record",
    "revision_of",
    "storage",
    "storage_key",
]
