"""The two modes of a connection: single statements that read, and transactions that write."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sqlalchemy import Engine, event

if TYPE_CHECKING:
    from app.adapters.postgres_transactions import TransactionConnection

READING, WRITING = "AUTOCOMMIT", "READ COMMITTED"


def switch_modes_without_statements(engine: Engine) -> None:
    """Let SQLAlchemy switch a connection between reading and transactions by `_set_mode`.

    SQLAlchemy's own method sends a statement whenever `readonly` changes: two for each transaction and each page.
    """
    engine.dialect.set_isolation_level = _set_mode  # type: ignore[method-assign, assignment]
    engine.dialect.do_begin = _begin  # type: ignore[method-assign, assignment]
    event.listen(engine, "connect", lambda connection, _record: _set_mode(connection, WRITING))


def _set_mode(connection: TransactionConnection, level: str) -> None:
    """READING: each statement stands alone, and the server refuses writes (`default_transaction_read_only`).
    WRITING: a transaction begins with its first statement, as `begin read write`.
    """
    if level not in (READING, WRITING):
        raise ValueError(f"unknown isolation level {level}: use {WRITING} or {READING}")
    connection.writes = level == WRITING


def _begin(connection: Any) -> None:
    driver = connection.dbapi_connection
    driver.is_due = driver.writes
