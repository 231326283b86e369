"""`core.prepared`: a statement is planned once for each connection, and it outlives rollbacks and new columns."""

from __future__ import annotations

import uuid
from collections.abc import Iterator

import pytest
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from app.core import db
from app.core.config import Settings
from app.core.prepared import Prepared

ROW = Prepared(
    "row",
    "select cast(:id as uuid) as id, cast(:numbers as int[]) as numbers, cast(:none as text) as none,"
    " cast(:id as text) || '::int' as again",
)


@pytest.fixture(autouse=True)
def one_connection(database: str, settings: Settings) -> Iterator[None]:
    db.connect(database, pool_size=1)
    yield
    db.connect(database, pool_size=settings.database.pool_size)


def prepared() -> list[str]:
    """The names of the prepared statements of the one connection, without what makes them unique."""
    with db.reading() as session:
        names = session.execute(text("select name from pg_prepared_statements order by name")).scalars()
        return [name.rpartition("_")[0] for name in names]


def test_values_arrive_and_the_statement_is_planned_once() -> None:
    one, values = uuid.uuid4(), {"numbers": [1, 2], "none": None}
    for _ in range(3):
        with db.transaction():
            row = ROW.execute({"id": one, **values}).one()
        assert (row.id, row.numbers, row.none) == (one, [1, 2], None)
    with db.reading():
        assert ROW.execute({"id": one, "numbers": [], "none": "ä % :id"}).one().none == "ä % :id"
    assert prepared() == ["row"]


def test_a_rollback_keeps_the_statement() -> None:
    for _ in range(2):
        with pytest.raises(ZeroDivisionError), db.transaction():
            ROW.execute({"id": None, "numbers": None, "none": None})
            raise ZeroDivisionError
    assert prepared() == ["row"]


def test_a_new_connection_prepares_it_again() -> None:
    for _ in range(2):
        with db.reading():
            ROW.execute({"id": None, "numbers": None, "none": None})
        db.engine().dispose()


def test_an_error_shows_no_value() -> None:
    division = Prepared("division", "select 1 / length(replace(:cpf, :cpf, ''))")
    with pytest.raises(DBAPIError) as failed, db.transaction():
        division.execute({"cpf": "529.982.247-25"})
    assert "execute division_" in str(failed.value)
    assert "529" not in str(failed.value)


@pytest.mark.parametrize(("columns", "survives"), [("id, name", True), ("*", False)])
def test_a_column_is_added_while_a_process_runs(columns: str, survives: bool) -> None:
    """A roll-out adds columns while processes of the version before answer; `*` would fail until they end."""
    statement = Prepared("wide", f"select {columns} from core.widened where id = :id")
    with db.transaction() as session:
        session.execute(text("create table core.widened (id int, name text)"))
    try:
        with db.reading():
            assert statement.execute({"id": 1}).all() == []
        with db.transaction() as session:
            session.execute(text("alter table core.widened add column colour text"))
        if survives:
            with db.reading():
                assert statement.execute({"id": 1}).all() == []
        else:
            with pytest.raises(DBAPIError, match="must not change result type"), db.reading():
                statement.execute({"id": 1})
    finally:
        with db.transaction() as session:
            session.execute(text("drop table core.widened"))


def test_through_a_proxy_that_shares_connections_nothing_is_prepared(database: str) -> None:
    db.connect(database, direct_url="postgresql://db.example/box")
    one = uuid.uuid4()
    with db.transaction():
        assert ROW.execute({"id": one, "numbers": [3], "none": None}).one().again == f"{one}::int"
    assert prepared() == []
