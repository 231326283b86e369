"""Embedded Postgres: the server comes in a Python wheel, so that a machine needs no Postgres of its own.

The server listens on a Unix socket alone. Postgres refuses to run as root: root starts it as `nobody`, and
where `nobody` cannot reach the data folder (a checkout below /root), the data lives below /var/lib, found again
through a pointer file in the data folder.

    python -m app.adapters.postgres FOLDER      starts the server, prints its URL and leaves it running
    python -m app.adapters.postgres --stop FOLDER
"""

from __future__ import annotations

import fcntl
import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import quote

import psycopg2

from app.adapters.postgres_limits import COMMANDS, open_connection
from app.adapters.postgres_place import Place, PostgresError, find_place

__all__ = ["PostgresError", "PostgresServer", "running", "start"]

DATABASE = "bilheteria"
DEFAULTS: Mapping[str, str] = {
    "listen_addresses": "",
    "port": "5432",  # names the socket file only
    "max_connections": "200",
    "shared_buffers": "64MB",
    "max_wal_size": "256MB",
    "fsync": "on",
    "synchronous_commit": "on",
    "full_page_writes": "on",
    "jit": "off",
    "timezone": "UTC",
    "log_timezone": "UTC",
    "lc_messages": "C",
    "unix_socket_permissions": "0700",
    # A failed statement contains names, CPFs and tokens: log the error without the statement.
    "log_min_error_statement": "panic",
    "log_error_verbosity": "terse",
}

# The built-in locale is the same on every system, and needs none installed.
INITDB = (
    *("--username=postgres", "--auth=trust", "--encoding=UTF8", "--no-instructions"),
    *("--locale=C", "--locale-provider=builtin", "--builtin-locale=C.UTF-8"),
)


@dataclass(frozen=True)
class PostgresServer:
    """A running server. `url` is the box office's own database on it."""

    url: str
    pid: int
    place: Place

    def database_url(self, name: str) -> str:
        """The URL of another database on this server."""
        return _url(self.place, name)

    def is_running(self) -> bool:
        return _is_alive(self.pid)

    def stop(self, patience: float = 15.0) -> None:
        """Stop the server and wait for it: by a fast shutdown, then by an immediate one."""
        _signal(self.pid, signal.SIGINT)
        if not _wait_until_gone(self.pid, patience):
            _signal(self.pid, signal.SIGQUIT)
            _wait_until_gone(self.pid, 5.0)


def start(
    data_dir: Path, settings: Mapping[str, str] | None = None, patience: float = 60.0
) -> PostgresServer:
    """Start the server on `data_dir`, or join the one that already runs there.

    `settings` are Postgres settings over DEFAULTS. `patience` is in seconds: after a crash the server first
    replays its log. Raises PostgresError with one line that says what is wrong.
    """
    place = find_place(data_dir)
    try:
        return _start(place, {**DEFAULTS, **(settings or {})}, time.monotonic() + patience)
    except psycopg2.Error as error:
        raise PostgresError(f"the database in {place.root} is broken: {_last_line(str(error))}") from None


def running(data_dir: Path) -> PostgresServer | None:
    """The server that runs on `data_dir`, if one does; nothing is started. Raises PostgresError."""
    if not data_dir.exists():
        return None
    place = find_place(data_dir)
    pid = _running_pid(place)
    return PostgresServer(url=_url(place, DATABASE), pid=pid, place=place) if pid else None


def _start(place: Place, settings: Mapping[str, str], deadline: float) -> PostgresServer:
    with _lock(place):
        pid = _joined(place, deadline)
        if pid is None:
            _initialise(place)
            pid = _launch(place, settings, deadline)
        _create_database(place, DATABASE)
    return PostgresServer(url=_url(place, DATABASE), pid=pid, place=place)


def _joined(place: Place, deadline: float) -> int | None:
    """The server that runs already, once it answers; None where there is none, or where it was just dying."""
    pid = _running_pid(place)
    if pid is not None:
        try:
            _wait_until_ready(place, pid, deadline)
        except PostgresError:
            if _is_alive(pid):
                raise
            return None
    return pid


def _url(place: Place, database: str) -> str:
    return f"postgresql://postgres@/{database}?host={quote(str(place.socket_dir), safe='/')}"


@contextmanager
def _lock(place: Place) -> Iterator[None]:
    """Let one process at a time start the server: the others wait, and then use its server."""
    with open(place.root / "start.lock", "w") as handle:
        fcntl.flock(handle, fcntl.LOCK_EX)
        yield


def _running_pid(place: Place) -> int | None:
    """The server's process id, if it runs. A pid file of a dead server is removed."""
    pidfile = place.cluster / "postmaster.pid"
    try:
        pid = int(pidfile.read_text().splitlines()[0])
    except (FileNotFoundError, ValueError, IndexError):
        return None
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return None
    except PermissionError:
        raise PostgresError(f"the database in {place.root} is run by another user (process {pid})") from None
    if _is_postgres(pid, place):
        return pid
    pidfile.unlink(missing_ok=True)
    return None


def _is_postgres(pid: int, place: Place) -> bool:
    """Whether the process is this cluster's server, and not another one that reuses its id after a crash."""
    proc = Path("/proc") / str(pid)
    if proc.exists():
        with suppress(OSError):
            return (proc / "cwd").resolve() == place.cluster.resolve() and _is_alive(pid)
        return False
    listing = subprocess.run(["ps", "-ww", "-p", str(pid), "-o", "command="], capture_output=True, text=True)
    return "postgres" in listing.stdout and str(place.cluster) in listing.stdout


def _initialise(place: Place) -> None:
    """Make the cluster if there is none, under a temporary name: an interrupted start leaves no incomplete cluster."""
    if (place.cluster / "PG_VERSION").exists():
        return
    unfinished = place.cluster.with_name("cluster.new")
    if unfinished.exists():
        shutil.rmtree(unfinished)
    arguments = ["-D", str(unfinished), *INITDB]
    done = place.run([str(place.binaries / "initdb"), *arguments])
    if done.returncode:
        raise PostgresError(f"the database could not be made in {place.root}: {_last_line(done.stderr)}")
    unfinished.rename(place.cluster)


def _launch(place: Place, settings: Mapping[str, str], deadline: float) -> int:
    command = [str(place.binaries / "postgres"), "-D", str(place.cluster), "-k", str(place.socket_dir)]
    for name, value in settings.items():
        command += ["-c", f"{name}={value}"]
    log = place.root / "server.log"
    while True:
        begins_at = log.stat().st_size if log.exists() else 0
        server = place.spawn(command, log)
        try:
            _wait_until_ready(place, server.pid, deadline)
            return server.pid
        except KeyboardInterrupt:
            _signal(server.pid, signal.SIGINT)
            raise
        except PostgresError as error:
            server.poll()
            said = log.read_bytes()[begins_at:].decode(errors="replace")
            # After a kill -9 of the server alone, its backends take a moment to notice and leave.
            if "still in use" in said and time.monotonic() < deadline:
                time.sleep(0.2)
                continue
            raise PostgresError(f"{error}: {_fatal_line(said)}" if said.strip() else str(error)) from None


def _wait_until_ready(place: Place, pid: int, deadline: float) -> None:
    while True:
        try:
            psycopg2.connect(_url(place, "postgres"), connect_timeout=5).close()
            return
        except psycopg2.OperationalError as error:
            if not _is_alive(pid):
                raise PostgresError(f"the database in {place.root} did not start") from None
            if time.monotonic() > deadline:
                _signal(pid, signal.SIGINT)
                raise PostgresError(
                    f"the database in {place.root} did not answer in time: {_last_line(str(error))}"
                ) from None
        time.sleep(0.02)


def _create_database(place: Place, name: str) -> None:
    connection = open_connection(_url(place, "postgres"), COMMANDS)
    try:
        connection.autocommit = True
        with connection.cursor() as cursor:
            cursor.execute("select 1 from pg_database where datname = %s", (name,))
            if cursor.fetchone() is None:
                cursor.execute(f'create database "{name}"')
    finally:
        connection.close()


def _is_alive(pid: int) -> bool:
    """Whether the process runs; one of our own that has ended is reaped on the way."""
    with suppress(ChildProcessError):
        if os.waitpid(pid, os.WNOHANG)[0] == pid:
            return False
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    with suppress(OSError):
        return ") Z " not in (Path("/proc") / str(pid) / "stat").read_text()
    return True


def _signal(pid: int, number: signal.Signals) -> None:
    with suppress(ProcessLookupError):
        os.kill(pid, number)


def _wait_until_gone(pid: int, patience: float) -> bool:
    deadline = time.monotonic() + patience
    while _is_alive(pid):
        if time.monotonic() > deadline:
            return False
        time.sleep(0.02)
    return True


def _last_line(text: str) -> str:
    lines = text.strip().splitlines()
    return lines[-1].strip() if lines else "no reason given"


def _fatal_line(said: str) -> str:
    fatal = [line for line in said.splitlines() if "FATAL" in line or "PANIC" in line]
    return _last_line(fatal[-1].split("FATAL:")[-1] if fatal else said)


def _command_line(arguments: list[str]) -> int:
    stop = "--stop" in arguments
    folders = [argument for argument in arguments if argument != "--stop"]
    if len(folders) != 1:
        print("usage: python -m app.adapters.postgres [--stop] FOLDER", file=sys.stderr)
        return 2
    try:
        server = start(Path(folders[0]))
    except PostgresError as error:
        print(error, file=sys.stderr)
        return 1
    if stop:
        server.stop()
    else:
        print(server.url)
    return 0


if __name__ == "__main__":
    sys.exit(_command_line(sys.argv[1:]))
