"""Perform the moves of state machines by one statement each.

When two transactions try the same move, the second one changes no row and gets None.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Row, TextClause, text

from app.core import db, telemetry
from app.core.metrics import Metric
from app.core.state_machine import Event, StateMachine


class NotMoved(RuntimeError):
    """A move that could not fail moved no row: the row left its state under the caller's lock."""


@dataclass(frozen=True, slots=True)
class Move:
    """One event of a state machine as a statement, for the rows that its condition selects."""

    statement: TextClause
    name: str
    event: str = ""
    metric: Metric | None = None

    def perform(self, **values: object) -> Row[Any] | None:
        """Move one row. Returns the statement's row; None if no such row is in a state that the event starts from."""
        row = db.session().execute(self.statement, values).one_or_none()
        self._count(0 if row is None else 1)
        return row

    def perform_all(self, **values: object) -> Sequence[Row[Any]]:
        """Move every row that the condition selects. Returns the rows that moved."""
        rows = db.session().execute(self.statement, values).all()
        self._count(len(rows))
        return rows

    def _count(self, moved: int) -> None:
        if moved and self.metric is not None:
            telemetry.record_committed(self.metric, moved, {"event": self.event})

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
    return Move(text(sql), f"{machine.table}: {event}", event, machine.metric)
