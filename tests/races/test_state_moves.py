"""Race: of many parallel moves of a state machine, one happens."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from sqlalchemy import text

from app.core import db
from app.core.moves import Move, move
from app.core.state_machine import StateMachine
from tests.races.concurrency import commit_while_the_other_waits, run_at_once

MACHINE = StateMachine[str]("public.doors", ("closed", "open"), {("closed", "open"): "open"})
OPEN = move(MACHINE, "open")
UNGUARDED = Move(text(OPEN.statement.text.replace("and state = 'closed'", "")), "unguarded")


@pytest.fixture(autouse=True)
def _a_closed_door(database: str) -> Iterator[None]:
    with db.transaction() as session:
        session.execute(text("create table public.doors (id integer primary key, state text)"))
        session.execute(text("insert into public.doors values (1, 'closed')"))
    yield
    with db.transaction() as session:
        session.execute(text("drop table public.doors"))


def opens(move: Move) -> bool:
    with db.transaction():
        return move.perform(id=1) is not None


def test_one_of_many_moves_happens() -> None:
    results = run_at_once([lambda: opens(OPEN)] * 8)
    assert sorted(results) == [False] * 7 + [True]


@pytest.mark.parametrize(("move", "second_moves"), [(OPEN, False), (UNGUARDED, True)])
def test_the_second_of_two_moves_finds_the_row_moved(move: Move, second_moves: bool) -> None:
    """The control: without the condition on the state, the second one moves the row again."""
    moved: list[bool] = []

    def attempt() -> None:
        moved.append(move.perform(id=1) is not None)

    commit_while_the_other_waits(attempt, attempt)
    assert moved == [True, second_moves]
