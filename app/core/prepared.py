"""Statements that Postgres parses and plans once for each connection, for those that run many times a second.

Postgres takes several times as long to plan a long statement as to execute it. See decision 68.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Mapping
from typing import Any

from sqlalchemy import Connection, CursorResult, text

from app.core import db

_VALUE = re.compile(r"(?<![:\w]):(\w+)(?!:)")  # `:name`, as in `text`
_PREPARED = "prepared"  # the names of a connection's prepared statements, in its `info`


class Prepared:
    """A statement with values as `:name`, whose types follow from their use: cast those where it does not tell.

    Name each column that it returns, none by `*`: Postgres refuses a prepared statement whose columns have changed, and
    a migration may add one to the table.
    """

    def __init__(self, name: str, sql: str) -> None:
        """`name` is shown in logs and traces."""
        values = list(dict.fromkeys(_VALUE.findall(sql)))
        numbers = {value: f"${number}" for number, value in enumerate(values, 1)}
        self._name = f"{name}_{hashlib.blake2b(sql.encode(), digest_size=6).hexdigest()}"
        self._text = text(sql)
        self._prepare = f"prepare {self._name} as {_VALUE.sub(lambda found: numbers[found[1]], sql)}"
        self._execute = f"execute {self._name}({', '.join(f'%({value})s' for value in values)})"

    def execute(self, values: Mapping[str, object]) -> CursorResult[Any]:
        """Execute it in the open transaction or reading scope."""
        connection = db.session().connection()
        if db.shares_connections():
            return connection.execute(self._text, values)
        self._prepare_once(connection)
        return connection.exec_driver_sql(self._execute, dict(values))

    def _prepare_once(self, connection: Connection) -> None:
        """Prepare the statement unless this connection has it. A rollback does not remove it again."""
        prepared: set[str] = connection.info.setdefault(_PREPARED, set())
        if self._name not in prepared:
            connection.exec_driver_sql(self._prepare, execution_options={"no_parameters": True})
            prepared.add(self._name)
