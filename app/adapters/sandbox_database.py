"""The database of a sandbox: tables and an engine of its own, so that its writes never join our transactions.

A sandbox stands for a system of somebody else (a bank, a card terminal) in the demo and in tests.
"""

from __future__ import annotations

import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager

from sqlalchemy import Connection, create_engine, text

from app.adapters.postgres_limits import WORKER, Limits, connect_args

_MAY_CREATE = text("select has_database_privilege(current_database(), 'create')")


class SandboxDatabase:
    """Makes `tables` (statements that may run again) in the schema `name` at the first use.

    A database role that may not make schemas finds them made: the command that makes the roles has done it.
    """

    def __init__(self, url: str, name: str, tables: Sequence[str], limits: Limits = WORKER) -> None:
        self._engine = create_engine(
            url.replace("postgresql://", "postgresql+psycopg2://", 1),
            pool_size=4,
            max_overflow=8,
            isolation_level="AUTOCOMMIT",
            hide_parameters=True,
            pool_timeout=limits.pool,
            connect_args=connect_args(url, limits),
        )
        self._name = name
        self._tables = tables
        self._creating = threading.Lock()
        self._has_tables = False

    @contextmanager
    def connection(self) -> Iterator[Connection]:
        """A connection on which each statement commits by itself."""
        with self._engine.connect() as connection:
            if not self._has_tables:
                self._create_tables(connection)
            yield connection

    @contextmanager
    def transaction(self) -> Iterator[Connection]:
        """A transaction, for changes of more than one statement."""
        with self.connection():
            pass
        with self._engine.execution_options(isolation_level="READ COMMITTED").begin() as connection:
            yield connection

    def dispose(self) -> None:
        self._engine.dispose()

    def _create_tables(self, connection: Connection) -> None:
        lock = {"name": self._name}
        with self._creating:
            if not connection.execute(_MAY_CREATE).scalar_one():
                self._has_tables = True
                return
            connection.execute(text("select pg_advisory_lock(hashtext(:name))"), lock)
            try:
                for statement in self._tables:
                    connection.execute(text(statement))
            finally:
                connection.execute(text("select pg_advisory_unlock(hashtext(:name))"), lock)
            self._has_tables = True
