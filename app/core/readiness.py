"""Whether this process can do its work: it is not stopping, the database answers, and the tables are not too old."""

from __future__ import annotations

from functools import cache
from pathlib import Path

from sqlalchemy import text
from sqlalchemy.exc import ProgrammingError, SQLAlchemyError

from app.core import db

MIGRATIONS = Path(__file__).resolve().parents[2] / "migrations" / "versions"
_VERSION = text("select max(version_num) from core.schema_version")
_stopping = False


def begin_to_stop() -> None:
    """Be not ready from now on: the process ends soon, and nothing new should be sent to it."""
    global _stopping
    _stopping = True


@cache
def expected_version() -> str:
    """The version of the tables that this code needs: the number of its newest migration."""
    return max(path.name.partition("_")[0] for path in MIGRATIONS.glob("[0-9]*_*.py"))


def problem() -> str | None:
    """Why this process is not ready, in one sentence; None if it is.

    Newer tables are no problem: during a roll-out the previous version works on them (docs/decisions/14-migrations.md).
    """
    if _stopping:
        return "this process is stopping"
    try:
        with db.reading() as session:
            version = session.execute(_VERSION).scalar()
    except ProgrammingError:  # there is no such table, or this process's role may not read it
        return "the database has no tables that this process may read: run prepare"
    except SQLAlchemyError:
        return "the database does not answer"
    if version is None or version < expected_version():
        return f"the tables are of version {version}, this code needs {expected_version()}"
    return None
