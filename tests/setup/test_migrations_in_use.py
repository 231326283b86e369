"""A migration of tables in use blocks nobody, retries its locks, repairs an unfinished index, and grants new tables."""

from __future__ import annotations

import shutil
import subprocess
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import psycopg2
import pytest
from psycopg2.errors import InsufficientPrivilege

from app.core.database_roles import role_url
from tests.core.database_roles import make_roles
from tests.databases import Databases
from tests.setup.test_migrations import ended, flask_db

ROOT = Path(__file__).resolve().parents[2]

MIGRATION = '''"""A planted one."""

from alembic import op

revision = "planted"
down_revision = "{newest}"


def upgrade() -> None:
    {step}
'''
COLUMN = 'op.execute("alter table orders.orders add column planted text")'
TABLE = 'op.execute("create table orders.planted (id integer)")'
INDEX = """with op.get_context().autocommit_block():
        op.execute("create index concurrently if not exists ix_planted on orders.orders (state)")"""


@pytest.fixture
def url(all_databases: Databases, worker_name: str) -> Iterator[str]:
    """A database with all tables, to which the planted migration is not applied."""
    name = f"in_use_{worker_name}"
    yield all_databases.create(name, all_databases.migrated())
    all_databases.drop(name)


def migrate(url: str, folder: Path, step: str) -> subprocess.Popen[str]:
    shutil.copytree(ROOT / "migrations", folder, ignore=shutil.ignore_patterns("__pycache__"))
    newest = max(path.name for path in (folder / "versions").glob("0*.py"))[:4]
    (folder / "versions" / "planted.py").write_text(MIGRATION.format(newest=newest, step=step))
    return flask_db(url, "upgrade", "--directory", str(folder))


def test_a_locked_table_is_tried_again_without_blocking_others(url: str, tmp_path: Path) -> None:
    with closing(psycopg2.connect(url)) as reader, closing(psycopg2.connect(url)) as visitor:
        reader.cursor().execute("lock table orders.orders in access share mode")
        running = migrate(url, tmp_path / "migrations", COLUMN)
        assert running.stdout is not None
        said = ""
        while "A table is in use" not in said:
            line = running.stdout.readline()
            assert line, said
            said += line
        with visitor.cursor() as cursor:
            cursor.execute("set lock_timeout = '30s'")
            cursor.execute(
                "select count(*) from orders.orders"
            )  # this query waits behind the migration in the lock queue
        visitor.rollback()
        assert running.poll() is None
        reader.rollback()
        ended(running)
        with visitor.cursor() as cursor:
            cursor.execute("select planted from orders.orders")


def test_an_unfinished_index_is_built_again(url: str, tmp_path: Path) -> None:
    with closing(psycopg2.connect(url)) as connection, connection.cursor() as cursor:
        cursor.execute("create index ix_planted on orders.orders (state)")
        cursor.execute(
            "update pg_index set indisvalid = false where indexrelid = 'orders.ix_planted'::regclass"
        )
        connection.commit()
        ended(migrate(url, tmp_path / "migrations", INDEX))
        cursor.execute("select indisvalid from pg_index where indexrelid = 'orders.ix_planted'::regclass")
        assert cursor.fetchall() == [(True,)]


def test_a_new_table_is_granted_to_the_roles_that_need_it(url: str, tmp_path: Path) -> None:
    make_roles(url)
    ended(migrate(url, tmp_path / "migrations", TABLE))
    with closing(psycopg2.connect(role_url(url, "orders"))) as connection, connection.cursor() as cursor:
        cursor.execute("insert into orders.planted values (1)")
    with closing(psycopg2.connect(role_url(url, "tickets"))) as connection:
        cursor = connection.cursor()
        with pytest.raises(InsufficientPrivilege):
            cursor.execute("select 1 from orders.planted")
