"""The Postgres of the tests: one server for a run, databases copied from a migrated template."""

from __future__ import annotations

import fcntl
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import TypeVar

import psycopg2
from psycopg2 import sql

from app.adapters import postgres

ROOT = Path(__file__).resolve().parents[1]
PREFIX = "bilheteria-test-"
# These settings lose data only when the machine crashes, and then the test run is over too.
SETTINGS = {"fsync": "off", "full_page_writes": "off", "max_connections": "400", "autovacuum": "off"}
LARGE_BYTES = 1024 * 1024

T = TypeVar("T")
# The rows of each table as JSON, with the columns that an insert may name.
Content = dict[str, tuple[str, str]]


def start_server() -> postgres.PostgresServer:
    """Start a server in a new folder; `stop_server` removes both. Also remove the folders of killed runs."""
    _remove_leftovers()
    folder = Path(tempfile.mkdtemp(prefix=PREFIX))
    (folder / "owner").write_text(str(os.getpid()))
    return postgres.start(folder, SETTINGS)


def stop_server(server: postgres.PostgresServer) -> None:
    server.stop(patience=5.0)
    shutil.rmtree(server.place.root, ignore_errors=True)


def _remove_leftovers() -> None:
    for folder in Path(tempfile.gettempdir()).glob(f"{PREFIX}*"):
        with suppress(OSError, ValueError, postgres.PostgresError):
            if not Path("/proc", (folder / "owner").read_text()).exists() and Path("/proc").exists():
                if (folder / "cluster").exists():
                    stop_server(postgres.start(folder, SETTINGS))
                shutil.rmtree(folder, ignore_errors=True)


class Databases:
    """Makes databases on the server of the run, for all of its test processes."""

    def __init__(self, server_url: str, folder: Path) -> None:
        self.server_url = server_url
        self.folder = folder

    def url(self, name: str) -> str:
        return self.server_url.replace("/bilheteria?", f"/{name}?")

    def create(self, name: str, template: str) -> str:
        """A new database as a copy of `template`; an older one of that name goes. Returns its URL."""
        with self._locked(template), self._cursor() as cursor:
            self._drop(cursor, name)
            statement = sql.SQL("create database {} template {} strategy file_copy")
            cursor.execute(statement.format(sql.Identifier(name), sql.Identifier(template)))
        return self.url(name)

    def drop(self, name: str) -> None:
        with self._cursor() as cursor:
            self._drop(cursor, name)

    def migrated(self) -> str:
        """The name of the template with all tables and no rows."""
        return self._template("template_migrated", "template0", lambda url: _prepare(url, demo=False))

    def with_demo(self) -> str:
        """The name of the template with the demo's cinemas, films and screenings."""
        base = self.migrated()
        return self._template("template_demo", base, lambda url: _prepare(url, demo=True))

    def _template(self, name: str, base: str, fill: Callable[[str], None]) -> str:
        """Make a template once; the first process to ask does it, the others wait."""
        done = self.folder / f"{name}.done"
        with self._locked(f"making-{name}"):
            if not done.exists():
                fill(self.create(name, base))
                done.touch()
        return name

    def _drop(self, cursor: psycopg2.extensions.cursor, name: str) -> None:
        cursor.execute(sql.SQL("drop database if exists {} with (force)").format(sql.Identifier(name)))

    @contextmanager
    def _locked(self, name: str) -> Iterator[None]:
        with open(self.folder / f"{name}.lock", "w") as handle:
            fcntl.flock(handle, fcntl.LOCK_EX)
            yield

    @contextmanager
    def _cursor(self) -> Iterator[psycopg2.extensions.cursor]:
        connection = psycopg2.connect(self.url("postgres"))
        connection.autocommit = True
        try:
            with connection.cursor() as cursor:
                yield cursor
        finally:
            connection.close()


class Rows:
    """The rows of one database, which tests share one after another. It keeps one connection open."""

    def __init__(self, url: str) -> None:
        self.url = url.replace("postgresql+psycopg2:", "postgresql:")
        self._connection: psycopg2.extensions.connection | None = None
        self._tables = 0

    def empty(self) -> None:
        """Delete all rows except the versions; give the space of large tables back, or each scan would get slower."""
        large = self._retried(self._delete)
        if large:
            self._retried(lambda cursor: cursor.execute(f"vacuum {', '.join(large)}"))

    def read(self) -> Content:
        """All rows except the versions."""
        return self._retried(self._read)

    def write(self, content: Content) -> None:
        """Insert the rows of `read` into the empty tables."""
        self._retried(lambda cursor: self._write(cursor, content))

    def _delete(self, cursor: psycopg2.extensions.cursor) -> list[str]:
        """Returns the tables that are large."""
        filled = self._filled(cursor)
        if filled:
            cursor.execute("; ".join(f"delete from {table}" for table, _ in filled))
        return [table for table, size in filled if size > LARGE_BYTES]

    def _read(self, cursor: psycopg2.extensions.cursor) -> Content:
        content = {}
        for table, _ in self._filled(cursor):
            cursor.execute(
                "select string_agg(quote_ident(attname), ', ' order by attnum) from pg_attribute"
                " where attrelid = %s::regclass and attnum > 0 and not attisdropped and attgenerated = ''",
                (table,),
            )
            ((columns,),) = cursor.fetchall()
            cursor.execute(f"select json_agg(row)::text from (select {columns} from {table}) row")
            ((rows,),) = cursor.fetchall()
            content[table] = (columns, rows)
        return content

    def _write(self, cursor: psycopg2.extensions.cursor, content: Content) -> None:
        statements, values = [], []
        for table, (columns, rows) in content.items():
            statements.append(
                f"insert into {table} ({columns}) overriding system value"
                f" select {columns} from json_populate_recordset(null::{table}, %s)"
            )
            values.append(rows)
        cursor.execute("; ".join(statements), values)

    def _retried(self, work: Callable[[psycopg2.extensions.cursor], T]) -> T:
        """Work on the connection, or on a new one where a test has ended it."""
        if self._connection is not None:
            try:
                with self._connection.cursor() as cursor:
                    return work(cursor)
            except (psycopg2.OperationalError, psycopg2.InterfaceError):
                if not self._connection.closed:
                    raise
        self._connection = self._connect()
        with self._connection.cursor() as cursor:
            return work(cursor)

    def _connect(self) -> psycopg2.extensions.connection:
        """In this connection foreign keys are not checked: the order of the tables does not matter."""
        connection = psycopg2.connect(self.url, options="-c session_replication_role=replica")
        connection.autocommit = True
        self._tables = 0
        return connection

    def _filled(self, cursor: psycopg2.extensions.cursor) -> list[tuple[str, int]]:
        """The tables that have rows, with their sizes in bytes."""
        cursor.execute("select count(*) from pg_class where relkind = 'r'")
        ((tables,),) = cursor.fetchall()
        if tables != self._tables:  # the sandbox bank makes its tables at its first use
            self._prepare_query(cursor)
            self._tables = tables
        cursor.execute("execute filled_tables")
        return cursor.fetchall()

    def _prepare_query(self, cursor: psycopg2.extensions.cursor) -> None:
        cursor.execute(
            "select format('%I.%I', schemaname, tablename) from pg_tables "
            "where schemaname not in ('pg_catalog', 'information_schema')"
            " and tablename not in ('schema_version', 'programme_version')"
        )
        filled = " union all ".join(
            f"select '{table}', pg_relation_size('{table}') where exists (select from {table})"
            for (table,) in cursor.fetchall()
        )
        cursor.execute(f"deallocate all; prepare filled_tables as {filled}")


def _prepare(url: str, *, demo: bool) -> None:
    """Prepare the database as `serve` does, in a separate process."""
    env = {**os.environ, "DATABASE_URL": url, "BILHETERIA_DEMO": "1" if demo else "0", "SECRET_KEY": "tests"}
    command = [sys.executable, "-m", "app.cli.prepare"]
    done = subprocess.run(command, cwd=ROOT, env=env, capture_output=True, text=True)
    if done.returncode:
        raise RuntimeError(f"the tests' database could not be prepared:\n{done.stdout}{done.stderr}")
