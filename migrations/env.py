"""Alembic's environment: the metadata of all services, one schema each; the sandbox bank's tables are not ours."""

from __future__ import annotations

import time

from alembic import context
from flask import current_app
from sqlalchemy import Connection, text
from sqlalchemy.exc import OperationalError

from app.core import db
from app.core.config import settings
from app.core.database_roles import grant
from app.core.db import SCHEMAS

target = current_app.extensions["migrate"].db
# Do not wait for a lock: all later transactions on the table would wait too. Fail, pause and try again.
LOCK_NOT_AVAILABLE, DEADLOCK = "55P03", "40P01"
TRIES = 60
PAUSE_SECONDS = 2.0
QUEUE_SECONDS = 1800.0  # how long another process may migrate

WHAT = {
    "target_metadata": target.metadata,
    "include_schemas": True,
    "version_table": "schema_version",
    "version_table_schema": "core",
    "compare_type": True,
    "transaction_per_migration": True,
}


def include_name(name: str | None, kind: str, _parents: object) -> bool:
    return name in SCHEMAS if kind == "schema" else True


def run() -> None:
    """Apply the missing migrations. Raises OperationalError when a table stays in use."""
    with db.migration_engine().connect() as connection:
        _wait_for_others(connection)
        connection.execute(text("create schema if not exists core"))
        connection.commit()
        for left in reversed(range(TRIES)):
            try:
                _drop_unfinished_indexes(connection)
                context.configure(connection=connection, include_name=include_name, **WHAT)
                with context.begin_transaction():
                    context.run_migrations()
                break
            except OperationalError as error:
                if getattr(error.orig, "pgcode", "") not in (LOCK_NOT_AVAILABLE, DEADLOCK) or not left:
                    raise
                connection.rollback()
                print(f"A table is in use; trying again in {PAUSE_SECONDS:.0f} s.", flush=True)
                time.sleep(PAUSE_SECONDS)
        _grant(connection)


def _grant(connection: Connection) -> None:
    """Grant the roles of the services, where they exist, their rights, also on the tables that are new now."""
    connection.rollback()
    grant(connection, sandbox=settings().payments.provider == "sandbox")
    connection.commit()


def _wait_for_others(connection: Connection) -> None:
    """Two processes that start at once migrate one after the other. The lock ends with the connection.

    It is asked for again and again: a statement that waited would keep a snapshot, for which the other one's
    `create index concurrently` waits.
    """
    deadline = time.monotonic() + QUEUE_SECONDS
    lock = text("select pg_try_advisory_lock(hashtext('bilheteria.migrate'))")
    while not connection.execute(lock).scalar_one():
        connection.rollback()
        if time.monotonic() > deadline:
            raise SystemExit("prepare: another process has been migrating this database for half an hour")
        time.sleep(0.2)
    connection.commit()


def _drop_unfinished_indexes(connection: Connection) -> None:
    """Drop invalid indexes of an interrupted `create index concurrently`: `if not exists` would keep them."""
    unfinished = connection.execute(
        text(
            "select format('%I.%I', n.nspname, c.relname) from pg_index i join pg_class c on c.oid = i.indexrelid"
            " join pg_namespace n on n.oid = c.relnamespace where not i.indisvalid and n.nspname = any(:schemas)"
        ),
        {"schemas": list(SCHEMAS)},
    ).scalars()
    for name in list(unfinished):
        connection.execute(text(f"drop index {name}"))
    connection.commit()


def render() -> None:
    """The SQL of migrations, without a database: for the check of their rules."""
    context.configure(dialect_name="postgresql", literal_binds=True, **WHAT)
    with context.begin_transaction():
        context.run_migrations()


if context.is_offline_mode():
    render()
else:
    run()
