"""Throttling that survives many processes: fixed windows in an unlogged table, one short statement a try."""

from __future__ import annotations

import hashlib
import hmac
from datetime import datetime

from sqlalchemy import DateTime, Integer, Text, func, text
from sqlalchemy.orm import Mapped, mapped_column

from app.core import db
from app.core.config import settings
from app.core.errors import TooMany


class ThrottleRow(db.Base):
    """Tries in the running window. Unlogged: a crash forgets them, which only lets people try again."""

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


def private_key(value: str) -> str:
    """An address or an account as a key that tells nobody who it was."""
    return hmac.new(settings().web.secret_key.encode(), value.encode(), hashlib.sha256).hexdigest()[:24]


def hit(name: str, key: str, *, limit: int, seconds: int) -> None:
    """Count a try of `name` by `key` (hashed here). Raises TooMany beyond `limit` in `seconds`.

    Commits by itself, on a connection of its own: a try counts even when its transaction fails.
    """
    with db.aside() as connection:
        row = connection.execute(_HIT, {"bucket": f"{name}:{private_key(key)}", "seconds": seconds}).one()
    if row.hits > limit:
        raise TooMany(retry_after=max(1, round(row.left_over)))


def ensure(name: str, key: str, *, limit: int, seconds: int) -> None:
    """Raises TooMany where `limit` tries were counted in the running `seconds`; counts nothing itself."""
    row = db.session().execute(
        text(
            "select extract(epoch from started_at + make_interval(secs => :seconds) - clock_timestamp()) as left_over"
            " from core.throttle where bucket = :bucket and hits >= :limit"
        ),
        {"bucket": f"{name}:{private_key(key)}", "seconds": seconds, "limit": limit},
    ).one_or_none()  # fmt: skip
    if row is not None and row.left_over > 0:
        raise TooMany(retry_after=max(1, round(row.left_over)))


def forgive(name: str, key: str) -> None:
    """Forget the tries of `key`: it has just proved itself (signed in)."""
    with db.aside() as connection:
        connection.execute(
            text("delete from core.throttle where bucket = :bucket"), {"bucket": f"{name}:{private_key(key)}"}
        )


def take_back(name: str, key: str) -> None:
    """The last try of `key` was none that counts; those of others that it is counted with stay."""
    with db.aside() as connection:
        connection.execute(
            text("update core.throttle set hits = hits - 1 where bucket = :bucket and hits > 0"),
            {"bucket": f"{name}:{private_key(key)}"},
        )


def sweep() -> None:
    """Drop windows older than a day."""
    db.session().execute(
        text("delete from core.throttle where started_at < clock_timestamp() - interval '1 day'")
    )
