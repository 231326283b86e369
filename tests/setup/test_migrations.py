"""The migrations create the tables of the models, can go one step down and up, and can be started twice at once."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import psycopg2
import pytest
from alembic.config import Config
from alembic.script import ScriptDirectory
from sqlalchemy import create_engine, text

from app.core.db import SCHEMAS
from app.migrations_target import all_metadata
from tests.databases import Databases
from tools.checks.migration_rules import BASELINE

ROOT = Path(__file__).resolve().parents[2]
Catalogue = set[tuple[str, ...]]

# The catalogue of our tables: columns, defaults, constraints, indexes with their conditions, sequences.
CATALOGUE = """
    select 'table', n.nspname, c.relname, c.relkind::text, c.relpersistence::text, coalesce(c.reloptions::text, '')
        from pg_class c join pg_namespace n on n.oid = c.relnamespace where c.relkind in ('r', 'S', 'v', 'm', 'p')
            and n.nspname = any(%(schemas)s)
    union all
    select 'column', table_schema, table_name, column_name, data_type || ' ' || udt_name || ' ' || is_nullable,
        -- its place among the columns that are there: Postgres never gives the number of a dropped one again
        row_number() over (partition by table_schema, table_name order by ordinal_position)
            || ' ' || coalesce(column_default, '')
        from information_schema.columns where table_schema = any(%(schemas)s)
    union all
    select 'constraint', n.nspname, c.conrelid::regclass::text, c.conname, pg_get_constraintdef(c.oid), ''
        from pg_constraint c join pg_namespace n on n.oid = c.connamespace where n.nspname = any(%(schemas)s)
    union all
    select 'index', schemaname, tablename, indexname, indexdef, '' from pg_indexes where schemaname = any(%(schemas)s)
    union all
    select 'trigger', n.nspname, c.relname, t.tgname, pg_get_triggerdef(t.oid), '' from pg_trigger t
        join pg_class c on c.oid = t.tgrelid join pg_namespace n on n.oid = c.relnamespace
        where not t.tgisinternal and n.nspname = any(%(schemas)s)
"""


def catalogue(url: str) -> Catalogue:
    """The catalogue of a database, without Alembic's table of the version."""
    connection = psycopg2.connect(url)
    try:
        with connection.cursor() as cursor:
            cursor.execute(CATALOGUE, {"schemas": list(SCHEMAS)})
            return {tuple(row) for row in cursor.fetchall() if "schema_version" not in " ".join(row)}
    finally:
        connection.close()


def flask_db(url: str, *words: str) -> subprocess.Popen[str]:
    """Run `flask db …` on that database in a new process."""
    return subprocess.Popen(
        [sys.executable, "-m", "flask", "--app", "wsgi", "db", *words], cwd=ROOT, text=True,
        env=os.environ | {"DATABASE_URL": url, "SECRET_KEY": "tests", "SERVICES": "events"},
        stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
    )  # fmt: skip


def ended(process: subprocess.Popen[str]) -> str:
    said, _ = process.communicate(timeout=60)
    assert process.returncode == 0, said
    return said


@pytest.fixture
def new_database(all_databases: Databases, worker_name: str) -> Iterator[Callable[[], str]]:
    """A function that creates empty databases."""
    names: list[str] = []

    def make() -> str:
        names.append(f"migrations_{worker_name}_{len(names)}")
        return all_databases.create(names[-1], "template0")

    yield make
    for name in names:
        all_databases.drop(name)


@pytest.fixture
def of_the_models(new_database: Callable[[], str]) -> Catalogue:
    """The catalogue of tables created from the models, without migrations."""
    url = new_database()
    engine = create_engine(url.replace("postgresql:", "postgresql+psycopg2:"))
    with engine.begin() as connection:
        for schema in SCHEMAS:
            connection.execute(text(f"create schema {schema}"))
        all_metadata().create_all(connection)
    engine.dispose()
    return catalogue(url)


def test_the_migrations_create_the_tables_of_the_models(
    new_database: Callable[[], str], of_the_models: Catalogue
) -> None:
    """The newest migration is also reverted and applied again."""
    url = new_database()
    ended(flask_db(url, "upgrade"))
    assert catalogue(url) == of_the_models
    assert len(of_the_models) > 300
    ended(flask_db(url, "downgrade"))
    assert catalogue(url) != of_the_models
    ended(flask_db(url, "upgrade"))
    assert catalogue(url) == of_the_models


@pytest.mark.parametrize(
    "change",
    [
        "alter table orders.orders add column planted text",
        "alter table events.seats alter column kind drop not null",
        "alter table events.seats alter column width set default 3",
        "alter table orders.orders drop constraint ck_orders_state",
        "drop index payments.uq_charges_live",
        "alter table core.throttle set logged",
    ],
)
def test_control_a_difference_is_found(
    all_databases: Databases, worker_name: str, of_the_models: Catalogue, change: str
) -> None:
    url = all_databases.create(f"drifted_{worker_name}", all_databases.migrated())
    try:
        assert catalogue(url) == of_the_models
        execute(url, change)
        assert catalogue(url) != of_the_models
    finally:
        all_databases.drop(f"drifted_{worker_name}")


def test_no_migration_imports_the_models() -> None:
    """A migration that used the models would do something else after the models change."""
    for path in (ROOT / "migrations" / "versions").glob("*.py"):
        named = [line.split()[1] for line in imports(path)]
        ours = [name for name in named if name.split(".")[0] == "app" and name != "app.migration_steps"]
        assert ours == [], path.name


def test_the_migrations_have_one_head() -> None:
    settings = Config()
    settings.set_main_option("script_location", str(ROOT / "migrations"))
    scripts = ScriptDirectory.from_config(settings)
    assert len(scripts.get_heads()) == 1
    assert [one.revision for one in scripts.walk_revisions()][-1] == BASELINE


def test_two_processes_migrate_one_after_the_other(
    new_database: Callable[[], str], of_the_models: Catalogue
) -> None:
    url = new_database()
    for one in [flask_db(url, "upgrade") for _ in range(3)]:
        ended(one)
    assert catalogue(url) == of_the_models
    assert execute(url, "select count(*) from core.schema_version") == [(1,)]


def test_tables_of_a_newer_version_are_a_one_line_error(new_database: Callable[[], str]) -> None:
    url = new_database()
    set_version(url, "9999")
    assert refusal_of_prepare(url).startswith(
        "prepare: the database's tables are of a newer version (9999) than this code"
    )


def test_tables_without_a_version_are_a_one_line_error(new_database: Callable[[], str]) -> None:
    url = new_database()
    set_version(url, "0003")
    said = refusal_of_prepare(url)
    assert said.startswith("prepare: the database's tables are of a version (0003) before 0017")


def test_a_database_that_cannot_store_every_letter_is_a_one_line_error(
    new_database: Callable[[], str], all_databases: Databases, worker_name: str
) -> None:
    name = f"ascii_{worker_name}"
    with closing(psycopg2.connect(new_database())) as connection, connection.cursor() as cursor:
        connection.autocommit = True
        cursor.execute(
            f"create database {name} encoding 'SQL_ASCII' locale_provider libc locale 'C' template template0"
        )
    try:
        url = all_databases.url(name)
        said = refusal_of_prepare(url)
        assert said.startswith("prepare: the database stores text as SQL_ASCII, and UTF8 is needed")
        assert execute(url, "select 1 from pg_namespace where nspname = 'core'") == []
    finally:
        all_databases.drop(name)


def set_version(url: str, version: str) -> None:
    execute(url, "create schema core")
    execute(url, "create table core.schema_version (version_num varchar(32) primary key)")
    execute(url, f"insert into core.schema_version values ('{version}')")


def refusal_of_prepare(url: str) -> str:
    """The one line with which `prepare` ends."""
    done = subprocess.run(
        [sys.executable, "-m", "app.cli.prepare"], cwd=ROOT, text=True, capture_output=True,
        env=os.environ | {"DATABASE_URL": url, "SECRET_KEY": "tests"},
    )  # fmt: skip
    assert done.returncode == 1
    (line,) = done.stderr.splitlines()
    return line


def imports(path: Path) -> list[str]:
    return [line for line in path.read_text().splitlines() if line.startswith(("from ", "import "))]


def execute(url: str, statement: str) -> list[tuple[Any, ...]]:
    connection = psycopg2.connect(url)
    try:
        with connection, connection.cursor() as cursor:
            cursor.execute(statement)
            return cursor.fetchall() if cursor.description else []
    finally:
        connection.close()
