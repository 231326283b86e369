"""Perform the moves of state machines by one statement each.

When two transactions try the same move, the second one changes no row and gets None.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Row, TextClause, text

from app.core import db
from app.core.state_machine import Event, StateMachine


class NotMoved(RuntimeError):
    """A move that could not fail moved no row: the row left its state under the caller's lock."""


@dataclass(frozen=True, slots=True)
class Move:
    """One event of a state machine as a statement, for the rows that its condition selects."""

    statement: TextClause
    name: str

    def perform(self, **values: object) -> Row[Any] | None:
        """Move one row. Returns the statement's row; None if no such row is in a state that the event starts from."""
        return db.session().execute(self.statement, values).one_or_none()

    def perform_all(self, **values: object) -> Sequence[Row[Any]]:
        """Move every row that the condition selects. Returns the rows that moved."""
        return db.session().execute(self.statement, values).all()

    def require(self, **values: object) -> Row[Any]:
        """Move one row that the caller has locked in a state that the event starts from. Raises NotMoved."""
        row = self.perform(**values)
        if row is None:
            raise NotMoved(f"{self.name}: {values.get('id')}")
        return row


def move(
    machine: StateMachine[Event],
    event: Event,
    *,
    columns: str = "",
    where: str = "id = :id",
    returning: str = "id",
) -> Move:
    """The move as a statement of its own; see `StateMachine.update`. Make it once, when the module is loaded."""
    sql = machine.update(event, columns=columns, where=where, returning=returning)
    return Move(text(sql), f"{machine.table}: {event}")
