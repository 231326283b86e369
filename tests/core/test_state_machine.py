"""`StateMachine`: its table of moves, and moves that Postgres performs only from the expected state."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Literal

import pytest
from sqlalchemy import text

from app.core import db
from app.core.moves import NotMoved, move
from app.core.state_machine import StateMachine, none_of, one_of

Event = Literal["start", "stop", "scrap"]

MOVES: dict[tuple[str, Event], str] = {
    ("idle", "start"): "running",
    ("running", "stop"): "idle",
    ("idle", "scrap"): "gone",
    ("running", "scrap"): "wreck",
}
MACHINE = StateMachine[Event]("public.engines", ("idle", "running", "gone", "wreck"), MOVES)


@pytest.fixture
def engines(database: str) -> Iterator[None]:
    """Create a table with one engine in each state; the ids are in the order of the states."""
    with db.transaction() as session:
        session.execute(
            text("create table public.engines (id integer primary key, state text, starts integer default 0)")
        )
        for number, state in enumerate(MACHINE.states, start=1):
            session.execute(
                text("insert into public.engines values (:id, :state)"), {"id": number, "state": state}
            )
    yield
    with db.transaction() as session:
        session.execute(text("drop table public.engines"))


def states() -> list[str]:
    with db.reading() as session:
        return list(session.execute(text("select state from public.engines order by id")).scalars())


def test_the_table_gives_the_next_state() -> None:
    assert MACHINE.after("idle", "start") == "running"
    assert MACHINE.after("gone", "start") is None
    assert MACHINE.before("scrap") == ("idle", "running")
    assert MACHINE.events == ("start", "stop", "scrap")


def test_a_state_that_does_not_exist_is_refused() -> None:
    with pytest.raises(ValueError, match="flying"):
        StateMachine[Event]("public.engines", ("idle",), {("idle", "start"): "flying"})


def test_an_event_without_moves_is_refused() -> None:
    with pytest.raises(ValueError, match="stop"):
        StateMachine[Event]("public.engines", ("idle",), {("idle", "start"): "idle"}).update("stop")


def test_a_condition_can_name_several_states() -> None:
    assert one_of("state", ("idle",)) == "state = 'idle'"
    assert one_of("e.state", ("idle", "gone")) == "e.state in ('idle', 'gone')"
    assert none_of("state", ("idle",)) == "state <> 'idle'"
    assert none_of("e.state", ("idle", "gone")) == "e.state not in ('idle', 'gone')"


def test_the_sql_of_a_move_fits_into_a_larger_statement() -> None:
    words = MACHINE.update(
        "start",
        columns="starts = starts + 1",
        where="e.id = found.id",
        using="found",
        alias="e",
        returning="e.id",
    )
    assert words == (
        "update public.engines e set state = 'running', starts = starts + 1 from found"
        " where (e.id = found.id) and e.state = 'idle' returning e.id"
    )


@pytest.mark.usefixtures("engines")
def test_an_event_moves_only_from_its_states() -> None:
    start = move(MACHINE, "start", columns="starts = starts + 1", returning="id, starts")
    with db.transaction():
        moved = [start.perform(id=number) for number in (1, 2, 3, 4, 5)]
    assert [row and tuple(row) for row in moved] == [(1, 1), None, None, None, None]
    assert states() == ["running", "running", "gone", "wreck"]


@pytest.mark.usefixtures("engines")
def test_the_next_state_may_depend_on_the_state_before() -> None:
    scrap = move(MACHINE, "scrap", where="id <= :last", returning="id, state")
    with db.transaction():
        moved = scrap.perform_all(last=4)
    assert sorted(tuple(row) for row in moved) == [(1, "gone"), (2, "wreck")]
    assert states() == ["gone", "wreck", "gone", "wreck"]


@pytest.mark.usefixtures("engines")
def test_a_required_move_raises_when_no_row_moves() -> None:
    start = move(MACHINE, "start")
    with pytest.raises(NotMoved, match=r"public\.engines: start: 3"), db.transaction():
        start.require(id=3)
    with db.transaction():
        assert start.require(id=1).id == 1
