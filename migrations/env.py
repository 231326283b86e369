"""Alembic's environment: the metadata of all services, one schema each; the sandbox bank's tables are not ours."""

from __future__ import annotations

from alembic import context
from flask import current_app
from sqlalchemy import text

from app.core.db import SCHEMAS

target = current_app.extensions["migrate"].db


def include_name(name: str | None, kind: str, _parents: object) -> bool:
    return name in SCHEMAS if kind == "schema" else True


def run() -> None:
    with target.engine.connect() as connection:
        # Two processes that start at once migrate one after the other. The lock ends with the connection, which is
        # taken out of the pool for that: each migration is a transaction of its own, and a lock in one ends with it.
        connection.detach()
        connection.execute(text("select pg_advisory_lock(hashtext('bilheteria.migrate'))"))
        connection.execute(text("create schema if not exists core"))
        connection.commit()
        context.configure(
            connection=connection,
            target_metadata=target.metadata,
            include_schemas=True,
            include_name=include_name,
            version_table="schema_version",
            version_table_schema="core",
            compare_type=True,
            transaction_per_migration=True,
        )
        with context.begin_transaction():
            context.run_migrations()


run()
