"""Throttles that all processes share: fixed windows in an unlogged table, one short statement for each try."""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from math import ceil

from sqlalchemy import DateTime, Integer, Text, func, text
from sqlalchemy.orm import Mapped, mapped_column

from app.core import db
from app.core.config import settings
from app.core.errors import TooMany


class ThrottleRow(db.Base):
    """The tries in the current window. The table is unlogged: after a crash people may only try more often."""

    __tablename__ = "throttle"
    __table_args__ = {"schema": "core", "prefixes": ["UNLOGGED"]}

    bucket: Mapped[str] = mapped_column(Text, primary_key=True)
    started_at: Mapped[datetime] = mapped_column(
        DateTime(timezone=True), server_default=func.clock_timestamp(), index=True
    )
    hits: Mapped[int] = mapped_column(Integer)


_HIT = text(
    """
    insert into core.throttle as t (bucket, started_at, hits) values (:bucket, clock_timestamp(), 1)
    on conflict (bucket) do update set
      hits = case when t.started_at < clock_timestamp() - make_interval(secs => :seconds) then 1 else t.hits + 1 end,
      started_at = case when t.started_at < clock_timestamp() - make_interval(secs => :seconds)
                   then clock_timestamp() else t.started_at end
    returning hits, extract(epoch from started_at + make_interval(secs => :seconds) - clock_timestamp()) as left_over
    """
)

_CHECK = text(
    """
    select max(extract(epoch from started_at + make_interval(secs => :seconds) - clock_timestamp()))
    from unnest(cast(:buckets as text[]), cast(:limits as int[])) as one(bucket, most)
      join core.throttle t using (bucket) where t.hits >= one.most
    """
)


@dataclass(frozen=True, slots=True)
class Window:
    """What is left of the current window: tries, and seconds until it ends."""

    tries_left: int
    seconds: int


def keyed_hash(value: str) -> str:
    """The HMAC of an address or an account, 96 bits in hex: it cannot be reversed without the secret key."""
    return hmac.new(settings().web.secret_key.encode(), value.encode(), hashlib.sha256).hexdigest()[:24]


def hit(name: str, key: str, *, limit: int, seconds: int) -> Window:
    """Count a try of `name` by `key`, which is stored as a hash. Raises TooMany beyond `limit` in `seconds`.

    It commits on its own connection: the try counts even when the caller's transaction rolls back.
    """
    with db.autocommit_connection() as connection:
        row = connection.execute(_HIT, {"bucket": f"{name}:{keyed_hash(key)}", "seconds": seconds}).one()
    left_over = max(1, ceil(row.left_over))  # who waits so long must not be too early
    if row.hits > limit:
        raise TooMany(retry_after=left_over)
    return Window(limit - row.hits, left_over)


def check(name: str, limits: Sequence[tuple[str, int]], *, seconds: int) -> None:
    """Raise TooMany if one of the keys has had its limit of tries in the current window of `seconds`; count nothing.

    `limits` has pairs of key and limit.
    """
    values = {
        "buckets": [f"{name}:{keyed_hash(key)}" for key, _ in limits],
        "limits": [limit for _, limit in limits],
        "seconds": seconds,
    }
    left_over = db.session().execute(_CHECK, values).scalar()
    if left_over is not None and left_over > 0:
        raise TooMany(retry_after=max(1, ceil(left_over)))


def reset(name: str, key: str) -> None:
    """Delete the counted tries of `key`, as after a successful sign-in."""
    with db.autocommit_connection() as connection:
        connection.execute(
            text("delete from core.throttle where bucket = :bucket"), {"bucket": f"{name}:{keyed_hash(key)}"}
        )


def undo(name: str, key: str) -> None:
    """Undo one try of `key`: it was legitimate. Other tries that share the key stay counted."""
    with db.autocommit_connection() as connection:
        connection.execute(
            text("update core.throttle set hits = hits - 1 where bucket = :bucket and hits > 0"),
            {"bucket": f"{name}:{keyed_hash(key)}"},
        )


def delete_old() -> None:
    """Delete windows older than a day."""
    db.session().execute(
        text("delete from core.throttle where started_at < clock_timestamp() - interval '1 day'")
    )
