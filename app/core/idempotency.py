"""Answers kept by idempotency key: a request that is sent twice acts once, and gets the first one's answer.

The answer is committed together with the act. A key in use is leased: after a crash its lease expires, and the next
request with the key acts, because nothing was committed.
"""

from __future__ import annotations

import uuid
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import DateTime, LargeBinary, SmallInteger, Text, Uuid, func, text
from sqlalchemy.orm import Mapped, mapped_column

from app.core import db
from app.core.errors import Conflict, Invalid
from app.core.throttle import keyed_hash

LEASE_SECONDS = 30
KEPT_HOURS = 24


class IdempotencyRow(db.Base):
    """A key in use (`status` is null), or one with its answer. `key` and `request` are hashes."""

    __tablename__ = "idempotency_keys"
    __table_args__ = {"schema": "core"}

    key: Mapped[str] = mapped_column(Text, primary_key=True)
    request: Mapped[str] = mapped_column(Text)
    lease: Mapped[uuid.UUID] = mapped_column(Uuid)
    leased_until: Mapped[datetime] = mapped_column(DateTime(timezone=True))
    created_at: Mapped[datetime] = mapped_column(
        DateTime(timezone=True), server_default=func.clock_timestamp(), index=True
    )
    status: Mapped[int | None] = mapped_column(SmallInteger)
    content_type: Mapped[str | None] = mapped_column(Text)
    location: Mapped[str | None] = mapped_column(Text)
    body: Mapped[bytes | None] = mapped_column(LargeBinary)


@dataclass(frozen=True, slots=True)
class Answer:
    status: int
    content_type: str
    location: str | None
    body: bytes


@dataclass(frozen=True, slots=True)
class Lease:
    """A key that this request has alone."""

    key: str
    id: uuid.UUID


class StillRunning(Conflict):
    """Another request with this key has not been answered yet; `retry_after` is in seconds."""

    def __init__(self, retry_after: int) -> None:
        super().__init__("idempotency.running")
        self.retry_after = retry_after


class OtherRequest(Invalid):
    """The key was used for another request."""

    def __init__(self) -> None:
        super().__init__("idempotency.other_request", "Idempotency-Key")


class LeaseOver(Conflict):
    """The request took longer than its lease, and another one with the key has begun: nothing is committed."""

    def __init__(self) -> None:
        super().__init__("idempotency.running")


_BEGIN = text(
    """
    insert into core.idempotency_keys as k (key, request, lease, leased_until)
    values (:key, :request, :lease, clock_timestamp() + make_interval(secs => :seconds))
    on conflict (key) do update set lease = excluded.lease, leased_until = excluded.leased_until,
      request = excluded.request, created_at = clock_timestamp(), status = null, content_type = null, location = null,
      body = null
    where (k.status is null and k.leased_until < clock_timestamp() and k.request = excluded.request)
       or k.created_at < clock_timestamp() - make_interval(hours => :hours)
    returning 1
    """
)
_READ = text(
    """
    select request, status, content_type, location, body,
      ceil(extract(epoch from leased_until - clock_timestamp())) as left_over
    from core.idempotency_keys where key = :key
    """
)
_FINISH = text(
    """
    update core.idempotency_keys set status = :status, content_type = :content_type, location = :location, body = :body
    where key = :key and lease = :lease and status is null returning 1
    """
)
_RELEASE = text("delete from core.idempotency_keys where key = :key and lease = :lease and status is null")
_DELETE_OLD = text(
    "delete from core.idempotency_keys where created_at < clock_timestamp() - make_interval(hours => :hours)"
    " returning 1"
)


def begin(key: str, request: str) -> Lease | Answer:
    """Lease `key` for a request with the content `request`, or return its first answer. It commits on its own.

    Raises OtherRequest when the key was used with another content, and StillRunning.
    """
    hashed, content = keyed_hash(key), keyed_hash(request)
    lease = Lease(hashed, uuid.uuid4())
    values = {"key": hashed, "request": content, "lease": lease.id}
    with db.transaction() as session:
        limits = {"seconds": LEASE_SECONDS, "hours": KEPT_HOURS}
        if session.execute(_BEGIN, values | limits).first() is not None:
            return lease
        row = session.execute(_READ, {"key": hashed}).first()
    if row is None:  # the other request failed at this moment, and released the key
        raise StillRunning(1)
    if row.request != content:
        raise OtherRequest
    if row.status is None:
        raise StillRunning(max(1, int(row.left_over)))
    return Answer(row.status, row.content_type, row.location, bytes(row.body))


def finish(lease: Lease, answer: Answer) -> None:
    """Keep the answer, in the transaction of the act. Raises LeaseOver."""
    values = {
        "key": lease.key,
        "lease": lease.id,
        "status": answer.status,
        "content_type": answer.content_type,
        "location": answer.location,
        "body": answer.body,
    }
    if db.session().execute(_FINISH, values).first() is None:
        raise LeaseOver


def release(lease: Lease) -> None:
    """Free the key of a request that failed without an act."""
    with db.transaction() as session:
        session.execute(_RELEASE, {"key": lease.key, "lease": lease.id})


def delete_old() -> int:
    """Delete, in the caller's transaction, keys of more than KEPT_HOURS ago; returns how many."""
    return len(db.session().execute(_DELETE_OLD, {"hours": KEPT_HOURS}).all())
