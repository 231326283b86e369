"""Connections whose transactions begin together with their first statement, in one round trip.

psycopg2 sends BEGIN by itself and waits for the answer. A request has few statements, so that this wait was a fifth of
all of them. Here psycopg2 is in its autocommit mode, and BEGIN is put in front of the first statement.
"""

from __future__ import annotations

from typing import Any

from psycopg2.extensions import TRANSACTION_STATUS_IDLE, connection, cursor

BEGIN = "begin read write"


class _Cursor(cursor):
    """A cursor that begins the connection's transaction if it is due."""

    connection: TransactionConnection

    def execute(self, query: Any, vars: Any = None) -> None:
        if self.connection.is_due:
            self.connection.is_due = False
            query = f"{BEGIN};\n{query}"
        super().execute(query, vars)

    def executemany(self, query: Any, vars_list: Any) -> None:
        if self.connection.is_due:
            self.execute("")
        super().executemany(query, vars_list)


class TransactionConnection(connection):
    """A connection for single statements, each of which stands alone, and for transactions.

    `writes`: it is used for transactions. `is_due`: a transaction begins with the next statement.
    """

    writes = False
    is_due = False

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.autocommit = True

    def cursor(self, *args: Any, **kwargs: Any) -> Any:
        return super().cursor(*args, **{"cursor_factory": _Cursor} | kwargs)

    def commit(self) -> None:
        self._end("commit")

    def rollback(self) -> None:
        self._end("rollback")

    def _end(self, how: str) -> None:
        """End the transaction; nothing is sent if no statement has begun it."""
        self.is_due = False
        if self.get_transaction_status() != TRANSACTION_STATUS_IDLE:
            with self.cursor() as ending:
                ending.execute(how)
