"""The caches of the programme, and the database's clock.

A writer of the programme raises its version in the same transaction (`begin_programme_change`). A process asks for the
version every two seconds at most; while the version stays the same, no cached value is read again.
"""

from __future__ import annotations

import time
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import text

from app.core import db
from app.core.cache import Cache

VERSION_SECONDS = 2.0
LONGEST_SECONDS = 60.0  # a change by hand that does not raise the version is seen after this time
_CHANGED = "programme_changed"

_READ = text("select version, clock_timestamp() as now from events.programme_version")
_RAISE = text("update events.programme_version set version = version + 1")


@dataclass(frozen=True, slots=True)
class Reading:
    """The programme's version and the database's time, read in one statement; `read_at` is time.monotonic()."""

    read_at: float
    moment: datetime
    version: int


# Old data does no harm: a claim and a payment check the screening's state again by the database.
READINGS: Cache[str, Reading] = Cache("programme version", most=1, seconds=VERSION_SECONDS)


def _reading() -> Reading:
    return READINGS.get("now", _read)


def _read() -> Reading:
    read_at = time.monotonic()
    row = db.session().execute(_READ).one()
    return Reading(read_at, row.now, row.version)


def _version() -> int:
    return _reading().version


def _is_changing() -> bool:
    """Return whether this transaction has changed the programme: its reads must not enter the caches."""
    return _CHANGED in db.session().info


def programme_cache(name: str, *, most: int) -> Cache[Any, Any]:
    """Return a cache of programme values. They are read again when the version has changed, or after a minute."""
    return Cache(name, most=most, seconds=LONGEST_SECONDS, version=_version, bypass=_is_changing)


def now() -> datetime:
    """Return the database's time, read every two seconds at most; the monotonic clock adds the time since."""
    reading = _reading()
    return reading.moment + timedelta(seconds=time.monotonic() - reading.read_at)


def begin_programme_change() -> None:
    """Raise the programme's version, before its first write: every process sees the change 2 s after the commit.

    Until the commit, the transaction bypasses the caches. Parallel writers of the programme wait here.
    """
    session = db.session()
    session.execute(_RAISE)
    if _CHANGED not in session.info:
        session.info[_CHANGED] = True
        db.after_commit(READINGS.clear)
