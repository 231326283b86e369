"""One committer: transactions join, reading scopes refuse to write."""

from __future__ import annotations

import pytest
from sqlalchemy import delete, insert, text, update
from sqlalchemy.exc import ArgumentError, DBAPIError
from sqlalchemy.sql import Executable

from app.core import db, outbox
from app.core.messages import SeatsFreed
from app.core.outbox import ProcessedRow

pytestmark = pytest.mark.usefixtures("database")


def waiting() -> int:
    with db.reading() as session:
        return session.execute(text("select count(*) from core.outbox")).scalar_one()


def test_a_transaction_inside_another_joins_it_and_falls_with_it() -> None:
    with pytest.raises(RuntimeError), db.transaction():
        with db.transaction():
            outbox.publish(SeatsFreed(screening_id=1))
        raise RuntimeError
    assert waiting() == 0


def test_a_service_outside_of_any_scope_is_a_mistake() -> None:
    with pytest.raises(db.NoTransaction):
        db.session()


def test_a_reading_scope_refuses_to_write() -> None:
    with pytest.raises(db.WriteWhileReading), db.reading() as session:
        session.add(outbox.ProcessedRow(consumer="x", message_id="00000000-0000-0000-0000-000000000000"))
        session.flush()


VALUES = "values ('x', '00000000-0000-0000-0000-000000000000')"
INSERT = f"insert into core.processed (consumer, message_id) {VALUES}"


@pytest.mark.parametrize(
    "statement",
    [
        text(INSERT),
        text("update core.processed set consumer = 'y'"),
        text("delete from core.processed"),
        text(f"with written as ({INSERT} returning 1) select * from written"),
        text(f"select 1; {INSERT}"),
        text("select 1 from core.processed for update"),
        text("select nextval('events.films_id_seq')"),
        text("truncate core.processed"),
        text("create table core.planted (id integer)"),
        text(
            "merge into core.processed p using (select 'x' c) s on p.consumer = s.c when matched then delete"
        ),
        insert(ProcessedRow).values(consumer="x", message_id="00000000-0000-0000-0000-000000000000"),
        insert(ProcessedRow.__table__).values(  # type: ignore[arg-type]
            consumer="x", message_id="00000000-0000-0000-0000-000000000000"
        ),
        update(ProcessedRow).values(consumer="y"),
        delete(ProcessedRow),
        delete(ProcessedRow.__table__),  # type: ignore[arg-type]
    ],
    ids=lambda statement: str(statement).split("\n")[0][:40],
)
def test_a_reading_scope_refuses_every_form_of_a_write(statement: Executable) -> None:
    with pytest.raises(db.WriteWhileReading), db.reading() as session:
        session.execute(statement)
    with pytest.raises(db.WriteWhileReading), db.reading() as session:
        session.connection().execute(statement)
    with db.transaction() as session:  # the same connection
        session.execute(text(INSERT))
    with db.reading() as session:
        assert session.execute(text("select count(*) from core.processed")).scalar_one() == 1


def test_reading_in_between_takes_nothing_from_a_transaction() -> None:
    """Both use the same connections: none keeps the mode of the one before."""
    for number in range(1, 4):
        with db.reading() as session:
            assert session.execute(text("show transaction_read_only")).scalar_one() == "on"
        with db.transaction() as session:
            assert session.execute(text("show transaction_read_only")).scalar_one() == "off"
            session.execute(text(INSERT.replace("'x'", f"'{number}'")))
    with db.aside() as connection:
        connection.execute(text("delete from core.processed where consumer = '1'"))
    with db.reading() as session:
        assert session.execute(text("select count(*) from core.processed")).scalar_one() == 2


@pytest.mark.parametrize("level", ["SERIALIZABLE", "REPEATABLE READ", "READ UNCOMMITTED", "nonsense"])
def test_an_isolation_level_that_is_not_meant_is_refused(level: str) -> None:
    """It was taken for read committed without a word."""
    with db.engine().connect() as connection, pytest.raises((ValueError, ArgumentError)):
        connection.execution_options(isolation_level=level)


def test_hooks_after_commit_run_only_when_it_commits() -> None:
    ran: list[str] = []
    with db.transaction():
        db.after_commit(lambda: ran.append("committed"))
        assert ran == []
    assert ran == ["committed"]
    with pytest.raises(RuntimeError), db.transaction():
        db.after_commit(lambda: ran.append("never"))
        raise RuntimeError
    assert ran == ["committed"]


def test_an_error_names_the_statement_and_nobody_in_it() -> None:
    with pytest.raises(DBAPIError) as failed, db.transaction() as session:
        session.execute(text("select 1 / length(replace(:cpf, :cpf, ''))"), {"cpf": "529.982.247-25"})
    assert "select 1 / length" in str(failed.value)
    assert "529" not in str(failed.value)
