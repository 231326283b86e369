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

import psycopg2
from psycopg2 import sql

from app.adapters import postgres

ROOT = Path(__file__).resolve().parents[1]
PREFIX = "bilheteria-test-"
# These settings lose data only when the machine crashes, and then the test run is over too.
SETTINGS = {"fsync": "off", "full_page_writes": "off", "max_connections": "400", "autovacuum": "off"}


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


def empty_all_tables(url: str) -> None:
    """Delete all rows except the versions. Foreign keys are not checked meanwhile, so the order does not matter."""
    connection = psycopg2.connect(url.replace("postgresql+psycopg2:", "postgresql:"))
    try:
        with connection, connection.cursor() as cursor:
            cursor.execute("set local session_replication_role = replica")
            cursor.execute(
                "select format('%I.%I', schemaname, tablename) from pg_tables "
                "where schemaname not in ('pg_catalog', 'information_schema')"
                " and tablename not in ('schema_version', 'programme_version')"
            )
            tables = [row[0] for row in cursor.fetchall()]
            if not tables:
                return
            queries = " union all ".join(
                f"select '{table}' where exists (select from {table})" for table in tables
            )
            cursor.execute(queries)
            for (table,) in cursor.fetchall():
                cursor.execute(f"delete from {table}")
    finally:
        connection.close()


def _prepare(url: str, *, demo: bool) -> None:
    """Prepare the database as `serve` does, in a separate process."""
    env = {**os.environ, "DATABASE_URL": url, "BILHETERIA_DEMO": "1" if demo else "0", "SECRET_KEY": "tests"}
    command = [sys.executable, "-m", "app.cli.prepare"]
    done = subprocess.run(command, cwd=ROOT, env=env, capture_output=True, text=True)
    if done.returncode:
        raise RuntimeError(f"the tests' database could not be prepared:\n{done.stdout}{done.stderr}")
