"""The journal of print jobs on disk: a job is in it, durably, before the first byte goes to the printer."""

from __future__ import annotations

import os
import sqlite3
import time
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

PRINTING = "printing"
PRINTED = "printed"
INTERRUPTED = "interrupted"  # it may be printed: a person must look and say
DISMISSED = "dismissed"
KEEP_PRINTED_SECONDS = 24 * 3600  # a request that is repeated later than this prints again
KEEP_OPEN_SECONDS = 24 * 3600  # an interrupted job can be printed again for so long

_SCHEMA = """
create table if not exists jobs (
    id text primary key,
    fingerprint text not null,
    kind text not null,
    state text not null,
    sheet blob,                 -- what goes to the printer; null as soon as it is certain that it was printed
    changed_at integer not null -- unix seconds
)
"""


class OtherJob(Exception):
    """The id belongs to a job with another content."""


@dataclass(frozen=True)
class Entry:
    id: str
    kind: str
    state: str


class Journal:
    """One file, one writer: open() marks what a crash left in the middle as interrupted.

    WAL with synchronous=FULL: a commit is on the disk when it returns. Another person could use a ticket, so
    the file does not keep a sheet (secure_delete) after it is needed.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        path.parent.mkdir(parents=True, exist_ok=True)
        os.close(os.open(path, os.O_CREAT | os.O_RDWR, 0o600))
        with closing(self._connect()) as db, db:
            db.execute("pragma journal_mode = wal")
            db.execute(_SCHEMA)
            db.execute("update jobs set state = ? where state = ?", (INTERRUPTED, PRINTING))
        self.prune()

    def find(self, job_id: str, fingerprint: str | None = None) -> Entry | None:
        """Raises OtherJob if the job has another fingerprint."""
        with closing(self._connect()) as db:
            row = db.execute(
                "select id, kind, state, fingerprint from jobs where id = ?", (job_id,)
            ).fetchone()
        if row is None:
            return None
        if fingerprint is not None and row[3] != fingerprint:
            raise OtherJob(job_id)
        return Entry(row[0], row[1], row[2])

    def begin(self, job_id: str, fingerprint: str, kind: str, sheet: bytes) -> None:
        with closing(self._connect()) as db, db:
            _delete_old(db)  # an agent may run for months
            db.execute(
                "insert into jobs values (?, ?, ?, ?, ?, ?)",
                (job_id, fingerprint, kind, PRINTING, sheet, int(time.time())),
            )

    def begin_again(self, job_id: str) -> bytes | None:
        """Take an interrupted job and return its sheet; None if there is no such job."""
        with closing(self._connect()) as db, db:
            row = db.execute(
                "update jobs set state = ?, changed_at = ? where id = ? and state = ? returning sheet",
                (PRINTING, int(time.time()), job_id, INTERRUPTED),
            ).fetchone()
        return bytes(row[0]) if row else None

    def end(self, job_id: str, state: str) -> bool:
        """Move a job that is printing or interrupted on; the sheet stays only with an interrupted one."""
        with closing(self._connect()) as db, db:
            done = db.execute(
                "update jobs set state = ?, changed_at = ?, sheet = case when ? then sheet end"
                " where id = ? and state in (?, ?)",
                (state, int(time.time()), state == INTERRUPTED, job_id, PRINTING, INTERRUPTED),
            )
        self._erase()
        return done.rowcount == 1

    def forget(self, job_id: str) -> None:
        """Remove a job of which nothing was sent to the printer."""
        with closing(self._connect()) as db, db:
            db.execute("delete from jobs where id = ? and state = ?", (job_id, PRINTING))
        self._erase()

    def interrupted(self) -> list[Entry]:
        """Oldest first."""
        with closing(self._connect()) as db:
            rows = db.execute(
                "select id, kind, state from jobs where state = ? order by changed_at, id", (INTERRUPTED,)
            )
            return [Entry(*row) for row in rows]

    def prune(self) -> None:
        with closing(self._connect()) as db, db:
            _delete_old(db)
        self._erase()

    def _erase(self) -> None:
        """Empty the write-ahead log too: it has copies of what was erased from the file."""
        with closing(self._connect()) as db:
            db.execute("pragma wal_checkpoint(truncate)")

    def _connect(self) -> sqlite3.Connection:
        db = sqlite3.connect(self.path, timeout=10)
        db.execute("pragma synchronous = full")
        db.execute("pragma secure_delete = on")
        return db


def _delete_old(db: sqlite3.Connection) -> None:
    now = int(time.time())
    db.execute(
        "delete from jobs where changed_at < case when state = ? then ? else ? end",
        (INTERRUPTED, now - KEEP_OPEN_SECONDS, now - KEEP_PRINTED_SECONDS),
    )
