"""The embedded Postgres, with real servers: start, join, kill, paths, accounts and error messages."""

from __future__ import annotations

import os
import pwd
import shutil
import signal
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path

import psycopg2
import pytest

from app.adapters import postgres, postgres_place
from app.adapters.postgres import PostgresError, PostgresServer


@pytest.fixture
def folder() -> Iterator[Path]:
    """A folder that the account `nobody` can enter; those of pytest are closed to other accounts."""
    path = Path(tempfile.mkdtemp(prefix="bilheteria-adapter-"))
    path.chmod(0o755)
    yield path
    shutil.rmtree(path, ignore_errors=True)


@pytest.fixture
def start(folder: Path) -> Iterator[Callable[..., PostgresServer]]:
    """`postgres.start` on folders below `folder`; the started servers are stopped after the test."""
    started: dict[int, PostgresServer] = {}

    def start_one(data_dir: Path | None = None) -> PostgresServer:
        server = postgres.start(data_dir or folder / "data")
        started[server.pid] = server
        return server

    yield start_one
    for server in started.values():
        server.stop()


def execute(server: PostgresServer, *statements: str) -> list[tuple[object, ...]]:
    connection = psycopg2.connect(server.url)
    connection.autocommit = True
    try:
        with connection.cursor() as cursor:
            for statement in statements:
                cursor.execute(statement)
            return cursor.fetchall() if cursor.description else []
    finally:
        connection.close()


def test_a_second_start_joins_the_running_server(start: Callable[..., PostgresServer]) -> None:
    assert start().pid == start().pid


def test_the_server_syncs_commits_and_uses_utc(start: Callable[..., PostgresServer]) -> None:
    names = "('fsync', 'synchronous_commit', 'full_page_writes', 'TimeZone', 'server_encoding')"
    rows = execute(start(), f"select name, setting from pg_settings where name in {names}")
    assert dict(rows) == {  # type: ignore[arg-type]
        "fsync": "on",
        "synchronous_commit": "on",
        "full_page_writes": "on",
        "TimeZone": "UTC",
        "server_encoding": "UTF8",
    }


def test_committed_rows_survive_a_kill(start: Callable[..., PostgresServer]) -> None:
    server = start()
    execute(server, "create table kept (n int)", *[f"insert into kept values ({n})" for n in range(50)])
    os.kill(server.pid, signal.SIGKILL)
    again = start()
    assert again.pid != server.pid
    assert execute(again, "select count(*) from kept") == [(50,)]


def test_a_stale_pid_that_another_program_has_does_not_prevent_the_start(
    start: Callable[..., PostgresServer],
) -> None:
    server = start()
    pidfile = server.place.cluster / "postmaster.pid"
    lines = pidfile.read_text().splitlines()
    os.kill(server.pid, signal.SIGKILL)
    server.stop()
    with subprocess.Popen([sys.executable, "-c", "import time; time.sleep(60)"]) as stranger:
        pidfile.write_text("\n".join([str(stranger.pid), *lines[1:]]) + "\n")
        try:
            assert execute(start(), "select 1") == [(1,)]
        finally:
            stranger.kill()


def test_a_path_too_long_for_a_socket_works(folder: Path, start: Callable[..., PostgresServer]) -> None:
    deep = folder / ("a" * 60) / ("b" * 60)
    server = start(deep)
    assert server.place.socket_dir != server.place.root
    assert execute(server, "select 1") == [(1,)]
    shutil.rmtree(server.place.socket_dir)


def test_a_path_with_spaces_and_accents_works(folder: Path, start: Callable[..., PostgresServer]) -> None:
    assert execute(start(folder / "sala de exibição & cia"), "select 1") == [(1,)]


def test_the_data_folder_is_one_that_the_servers_account_can_enter(
    folder: Path, start: Callable[..., PostgresServer], monkeypatch: pytest.MonkeyPatch
) -> None:
    closed = folder / "closed"
    closed.mkdir(mode=0o700)
    monkeypatch.setattr(postgres_place, "REACHABLE_BASE", folder / "reachable")
    server = start(closed / "data")
    as_root = os.geteuid() == 0
    expected = folder / "reachable" if as_root else closed
    assert server.place.root.is_relative_to(expected)
    execute(server, "create table kept (n int)")
    server.stop()
    assert execute(start(closed / "data"), "select count(*) from kept") == [(0,)]


def test_a_copy_of_the_postgres_programs_runs(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(postgres_place, "REACHABLE_BASE", folder)
    monkeypatch.setattr(postgres_place, "_can_enter", lambda *_: False)
    binaries = postgres_place._reachable_binaries(pwd.getpwuid(os.geteuid()))
    assert binaries.is_relative_to(folder)
    said = subprocess.run([binaries / "postgres", "--version"], capture_output=True, text=True)
    assert said.stdout.startswith("postgres (PostgreSQL) 18")


@pytest.mark.parametrize("broken", ["a file in its place", "half a cluster"])
def test_an_unusable_folder_is_a_one_line_error(
    folder: Path, start: Callable[..., PostgresServer], broken: str
) -> None:
    data = folder / "data"
    if broken == "a file in its place":
        data.write_text("")
    else:
        server = start()
        server.stop()
        (server.place.cluster / "global" / "pg_control").unlink()
    with pytest.raises(PostgresError) as caught:
        start()
    assert "\n" not in str(caught.value)
    assert str(folder) in str(caught.value)


def test_the_log_has_errors_without_parameters(start: Callable[..., PostgresServer]) -> None:
    server = start()
    execute(server, "create table people (cpf text primary key)", "insert into people values ('52998224725')")
    with pytest.raises(psycopg2.errors.UniqueViolation):
        execute(server, "insert into people values ('52998224725')")
    said = (server.place.root / "server.log").read_text()
    assert "duplicate key" in said
    assert "52998224725" not in said
