"""Search all tables for a text, to find everything that is stored about a person."""

from __future__ import annotations

import json

from sqlalchemy import text

from app.core import db
from app.core.db import SCHEMAS


def tables_containing(*words: str) -> set[str]:
    """The tables of all services in which one of `words` stands in a row, in any column and any case.

    It also finds a word in columns of bytes (as it is written here), and one that JSON has escaped.
    """
    found = set()
    forms = {form for word in words for form in (word, json.dumps(word)[1:-1])}
    forms |= {form.encode().hex() for form in forms}
    with db.reading() as session:
        tables = session.execute(
            text("select schemaname || '.' || tablename from pg_tables where schemaname = any(:schemas)"),
            {"schemas": list(SCHEMAS)},
        ).scalars()
        for table in tables.all():
            for word in forms:
                there = text(
                    f"select 1 from {table} one where position(lower(:word) in lower(one::text)) > 0"
                )
                if session.execute(there, {"word": word}).first() is not None:
                    found.add(table)
    return found
