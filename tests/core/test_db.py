"""`core.db`: nested transactions join, reading scopes are read-only, and the driver's modes are set."""

from __future__ import annotations

import threading
import time
import uuid
from typing import Any

import pytest
from psycopg2.extensions import TRANSACTION_STATUS_IDLE, TRANSACTION_STATUS_INTRANS
from sqlalchemy import delete, insert, text, update
from sqlalchemy.exc import ArgumentError, DBAPIError
from sqlalchemy.sql import Executable

from app.core import db, outbox
from app.core.config import Settings
from app.core.messages import SeatsFreed
from app.core.outbox import ProcessedRow

pytestmark = pytest.mark.usefixtures("database")


def waiting() -> int:
    with db.reading() as session:
        return session.execute(text("select count(*) from core.outbox")).scalar_one()


def test_a_nested_transaction_joins_and_rolls_back_with_the_outer_one() -> None:
    with pytest.raises(RuntimeError), db.transaction():
        with db.transaction():
            outbox.publish(SeatsFreed(screening_id=1))
        raise RuntimeError
    assert waiting() == 0


def test_a_query_outside_any_scope_raises() -> None:
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


def test_a_reading_scope_does_not_change_the_mode_of_the_next_transaction() -> None:
    """Both scopes use the same pooled connections, which must not keep the mode of the scope before."""
    for number in range(1, 4):
        with db.reading() as session:
            assert session.execute(text("show transaction_read_only")).scalar_one() == "on"
        with db.transaction() as session:
            assert session.execute(text("show transaction_read_only")).scalar_one() == "off"
            session.execute(text(INSERT.replace("'x'", f"'{number}'")))
    with db.autocommit_connection() as connection:
        connection.execute(text("delete from core.processed where consumer = '1'"))
    with db.reading() as session:
        assert session.execute(text("select count(*) from core.processed")).scalar_one() == 2


@pytest.mark.parametrize("level", ["SERIALIZABLE", "REPEATABLE READ", "READ UNCOMMITTED", "nonsense"])
def test_an_unknown_isolation_level_is_refused(level: str) -> None:
    """SQLAlchemy's hook would otherwise use read committed without an error."""
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


def test_a_database_error_shows_the_statement_without_its_parameters() -> None:
    with pytest.raises(DBAPIError) as failed, db.transaction() as session:
        session.execute(text("select 1 / length(replace(:cpf, :cpf, ''))"), {"cpf": "529.982.247-25"})
    assert "select 1 / length" in str(failed.value)
    assert "529" not in str(failed.value)


def test_a_page_view_begins_no_transaction_and_a_transaction_begins_with_its_first_statement() -> None:
    """SQLAlchemy calls our functions instead of its own; otherwise each page view would begin a transaction."""
    for _ in range(2):
        with db.reading() as session:
            driver: Any = session.connection().connection.dbapi_connection
            assert session.execute(text("select 1")).scalar_one() == 1
            assert driver.get_transaction_status() == TRANSACTION_STATUS_IDLE
        with db.transaction() as session:
            driver = session.connection().connection.dbapi_connection
            assert driver.get_transaction_status() == TRANSACTION_STATUS_IDLE
            assert session.execute(text("select 1")).scalar_one() == 1
            assert driver.get_transaction_status() == TRANSACTION_STATUS_INTRANS
        assert driver.get_transaction_status() == TRANSACTION_STATUS_IDLE


@pytest.mark.parametrize("count", [1, 2], ids=["first statement", "second statement"])
def test_a_transaction_whose_statement_failed_is_rolled_back(count: int) -> None:
    with pytest.raises(DBAPIError), db.transaction() as session:
        for number in range(1, count):
            session.execute(text(INSERT.replace("'x'", f"'{number}'")))
        session.execute(text(f"{INSERT}, ('x', null)"))
    with db.transaction() as session:  # the same connection
        assert session.execute(text("select count(*) from core.processed")).scalar_one() == 0
        session.execute(text(INSERT))


def test_a_transaction_may_begin_with_many_rows_or_a_savepoint() -> None:
    rows = [{"consumer": name, "message_id": uuid.UUID(int=1)} for name in "abc"]
    with pytest.raises(RuntimeError), db.transaction() as session:
        session.execute(insert(ProcessedRow), rows)
        raise RuntimeError
    with db.transaction() as session:
        with session.begin_nested():
            session.execute(
                text("insert into core.processed (consumer, message_id) values (:consumer, :message_id)"),
                rows,
            )
        with pytest.raises(RuntimeError), session.begin_nested():
            session.execute(text(INSERT))
            raise RuntimeError
    with db.reading() as session:
        assert session.execute(text("select count(*) from core.processed")).scalar_one() == 3


def test_an_empty_transaction_sends_nothing() -> None:
    with db.transaction() as session:
        driver: Any = session.connection().connection.dbapi_connection
    assert not driver.is_due
    with db.reading() as session:
        assert session.execute(text("show transaction_read_only")).scalar_one() == "on"


def test_a_lock_with_a_statement_returns_the_rows_of_the_statement() -> None:
    with db.transaction() as session:
        statement = db.after_lock("select 1 as locked", "select cast(:two as integer) as two")
        row = session.execute(statement, {"two": 2}).one()
        assert row._asdict() == {"two": 2}


def test_a_statement_after_a_lock_sees_what_was_committed_while_it_waited() -> None:
    """A single statement with `for update` would show other rows as they were when it began."""
    with db.transaction() as session:
        session.execute(text(INSERT))
    lock = "select 1 from core.processed where consumer = 'x' for update"
    count = "select count(*) from core.processed"
    in_one = f"select ({count}) from core.processed where consumer = 'x' for update"
    for statement, seen in ((db.after_lock(lock, count), 2), (text(in_one), 1)):
        found: list[int] = []

        def wait_and_count(statement: Executable = statement, found: list[int] = found) -> None:
            with db.transaction() as session:
                found.append(session.execute(statement).scalar_one())

        waiting = threading.Thread(target=wait_and_count)
        with db.transaction() as session:
            session.execute(text(lock))
            session.execute(text(INSERT.replace("'x'", "'y'")))
            waiting.start()
            wait_until_a_session_waits_for_a_lock()
        waiting.join(30)
        assert found == [seen]
        with db.transaction() as session:
            session.execute(text("delete from core.processed where consumer = 'y'"))


def wait_until_a_session_waits_for_a_lock() -> None:
    deadline = time.monotonic() + 30
    query = text(
        "select count(*) from pg_stat_activity where wait_event_type = 'Lock' and datname = current_database()"
    )
    with db.autocommit_connection() as connection:
        while connection.execute(query).scalar_one() == 0:
            assert time.monotonic() < deadline
            time.sleep(0.01)


def test_through_a_proxy_no_setting_is_sent_and_listening_goes_past_it(
    database: str, settings: Settings
) -> None:
    """A proxy that shares connections refuses the startup parameter `options` and cannot carry LISTEN."""
    try:
        db.connect(
            "postgresql://ana:p%40ss@proxy.example/box",
            direct_url="postgresql://db.example:6432/box?sslmode=require",
        )
        assert db.direct_url() == "postgresql://ana:p%40ss@db.example:6432/box?sslmode=require"
        db.connect(database, direct_url="postgresql://db.example/box")
        with db.transaction() as session:
            limit = session.execute(text("select source from pg_settings where name = 'statement_timeout'"))
            assert limit.scalar_one() == "default"
    finally:
        db.connect(database, pool_size=settings.database.pool_size)
    assert db.direct_url() == db.url()
