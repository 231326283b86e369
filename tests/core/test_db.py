"""One committer: transactions join, reading scopes refuse to write."""

from __future__ import annotations

import pytest
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from app.core import db, outbox
from app.core.messages import SeatsFreed

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
