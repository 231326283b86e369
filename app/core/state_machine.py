"""State machines: one table of moves for each kind of row, and the SQL of a move. `core.moves` performs moves.

A move is a conditional update: it changes the row only while the row is in a state that the event starts from.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Generic, TypeVar

if TYPE_CHECKING:
    from app.core.metrics import Metric

Event = TypeVar("Event", bound=str)


def one_of(column: str, states: Sequence[str]) -> str:
    """The SQL condition that `column` has one of `states`. The states are constants of ours, never input."""
    if len(states) == 1:
        return f"{column} = '{states[0]}'"
    return f"{column} in ({', '.join(repr(str(state)) for state in states)})"


def none_of(column: str, states: Sequence[str]) -> str:
    """The opposite of `one_of`."""
    if len(states) == 1:
        return f"{column} <> '{states[0]}'"
    return one_of(column, states).replace(" in (", " not in (")


@dataclass(frozen=True)  # slots would break `StateMachine[Event](…)`
class StateMachine(Generic[Event]):
    """The states of a table's rows, and the next state for each allowed pair of state and event.

    `table` is the table with its schema; its column `state` holds the state. `metric` counts the moves by event.
    """

    table: str
    states: tuple[str, ...]
    moves: Mapping[tuple[str, Event], str]
    metric: Metric | None = None

    def __post_init__(self) -> None:
        named = {state for (before, _), after in self.moves.items() for state in (before, after)}
        if unknown := named - set(self.states):
            raise ValueError(f"{self.table} has no states {sorted(unknown)}")

    @property
    def events(self) -> tuple[Event, ...]:
        return tuple(dict.fromkeys(event for _, event in self.moves))

    def after(self, state: str, event: Event) -> str | None:
        """The state that `event` leads to, or None where it is refused."""
        return self.moves.get((state, event))

    def before(self, event: Event) -> tuple[str, ...]:
        """The states that `event` starts from."""
        return tuple(state for state in self.states if (state, event) in self.moves)

    def update(
        self,
        event: Event,
        *,
        columns: str = "",
        where: str = "id = :id",
        using: str = "",
        alias: str = "",
        returning: str = "",
    ) -> str:
        """The SQL of the conditional update, to be part of a statement that does more.

        `columns` are further assignments, `using` is what an update's `from` names, `where` selects the rows.
        """
        column = f"{alias}.state" if alias else "state"
        target = f"{self.table} {alias}" if alias else self.table
        assignments = f"state = {self._target(event, column)}" + (f", {columns}" if columns else "")
        source = f" from {using}" if using else ""
        result = f" returning {returning}" if returning else ""
        condition = one_of(column, self.before(event))
        return f"update {target} set {assignments}{source} where ({where}) and {condition}{result}"  # noqa: S608

    def _target(self, event: Event, column: str) -> str:
        """The state after `event`, as SQL: a constant, unless it depends on the state before."""
        targets = {before: after for before in self.before(event) if (after := self.after(before, event))}
        if not targets:
            raise ValueError(f"{self.table} has no event {event}")
        if len(set(targets.values())) == 1:
            return f"'{next(iter(targets.values()))}'"
        cases = " ".join(f"when '{before}' then '{after}'" for before, after in targets.items())
        return f"case {column} {cases} end"
