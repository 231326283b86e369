"""`serve`: the whole box office on one machine, until Ctrl-C.

It starts the database, runs the migrations, loads the demo into an empty database, starts the web server and the
worker, and restarts each process that ends.
"""

from __future__ import annotations

import fcntl
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from types import FrameType

import click

from app.adapters.postgres import PostgresError, PostgresServer
from app.adapters.postgres import start as start_postgres
from app.adapters.postgres_limits import COMMANDS, open_connection
from app.cli import replace_unprintable_output
from app.cli.health import AnswerCounter, problem_at
from app.cli.processes import CHECK_SECONDS, MEMORY_ENV, Child
from app.cli.serve_checks import CannotServe as CannotServe
from app.cli.serve_checks import check_database, check_port
from app.cli.serve_checks import check_version as check_version
from app.core.config import BadSetting, Settings

ROOT = Path(__file__).resolve().parents[2]
READY_SECONDS = 60.0
END_SECONDS = 8.0
PAUSE_SECONDS = 5.0  # between two attempts to restart the database


class _Stop(KeyboardInterrupt):
    """SIGINT or SIGTERM was received."""


@click.command("serve")
def command() -> None:
    """Run database, web server and worker until Ctrl-C."""
    sys.exit(main())


def main() -> int:
    """Serve. Returns the exit status: 0 after Ctrl-C; 1, with one line on stderr, if it cannot start."""
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, _raise_stop)
    replace_unprintable_output()
    try:
        settings = Settings.from_env()
        with _lock(settings.storage.var):
            _serve(settings)
    except (CannotServe, BadSetting, PostgresError) as error:
        print(f"serve: {error}", file=sys.stderr, flush=True)
        return 1
    except OSError as error:
        print(f"serve: {error.filename or error}: {error.strerror}", file=sys.stderr, flush=True)
        return 1
    except _Stop:
        pass
    return 0


class BoxOffice:
    """The database, the web server and the worker of one machine, from `open` until `close`."""

    def __init__(self, settings: Settings) -> None:
        self.settings = settings
        self.postgres: PostgresServer | None = None
        self.children: list[Child] = []
        self.database_url = settings.database.url or ""
        self.sign_ins: list[str] = []

    def open(self) -> None:
        """Start all parts in order. Raises CannotServe, PostgresError."""
        settings = self.settings
        check_port(settings.web.host, settings.web.port)
        if self.database_url:
            check_database(self.database_url)
        else:
            _print(f"Starting the database in {_relative(settings.storage.var / 'postgres')} …")
            self.postgres = start_postgres(settings.storage.var / "postgres")
            self.database_url = self.postgres.url
        env = _environment(settings, self.database_url)
        prepare(env)
        self.sign_ins = demo_sign_ins(self.database_url) if settings.cinema.demo else []
        _print("Starting the web server and the worker …")
        self.children = _children(env, settings)
        for child in self.children:
            child.start()
        _wait_until_ready(self.children[0], settings)

    def watch(self) -> None:
        """Restart each process that ends or hangs, until a signal raises _Stop."""
        while True:
            time.sleep(CHECK_SECONDS)
            if self.postgres is not None and not self.postgres.is_running():
                _print("The database ended; starting it again.")
                self._restart_postgres()
            for child in self.children:
                if line := child.keep_running():
                    _print(line)

    def _restart_postgres(self) -> None:
        """Start the database again; when this fails, print the reason, and `watch` tries again."""
        try:
            self.postgres = start_postgres(self.settings.storage.var / "postgres")
        except PostgresError as error:
            _print(f"{error}; trying again in {PAUSE_SECONDS:.0f} s.")
            time.sleep(PAUSE_SECONDS)

    def close(self) -> None:
        """End web and worker, then the database. Further signals are ignored."""
        for number in (signal.SIGINT, signal.SIGTERM):
            signal.signal(number, signal.SIG_IGN)
        if self.children:
            _print("Ending …")
        for child in self.children:
            child.terminate()
        deadline = time.monotonic() + END_SECONDS
        for child in self.children:
            child.wait_for_end(deadline)
        if self.postgres is not None:
            self.postgres.stop()


def _serve(settings: Settings) -> None:
    office = BoxOffice(settings)
    try:
        office.open()
        _print(f"Open http://{settings.web.listens_at.replace('127.0.0.1', 'localhost')}")
        for line in office.sign_ins:
            _print(line)
        if office.sign_ins:
            _print(
                "  kiosk     /kiosk shows a code; in another browser the manager types it in at /staff/devices"
            )
        _print(f"Logs are in {_relative(settings.storage.var / 'log')}. Ctrl-C ends it.")
        office.watch()
    finally:
        office.close()


def _environment(settings: Settings, database_url: str) -> dict[str, str]:
    env = {**MEMORY_ENV, **os.environ}
    env.pop("DATABASE_URL_FILE", None)  # this process has read the file into DATABASE_URL
    env |= {
        "DATABASE_URL": database_url,
        "BILHETERIA_VAR": str(settings.storage.var),
        "PYTHONUTF8": "1",
        "PORT": str(settings.web.port),
        "BILHETERIA_HOST": settings.web.host,
        "PYTHONUNBUFFERED": "1",
    }
    if sys.platform == "darwin":  # Homebrew installs the libraries that draw the PDF here
        env.setdefault("DYLD_FALLBACK_LIBRARY_PATH", "/opt/homebrew/lib:/usr/local/lib")
    return env


def prepare(env: dict[str, str]) -> None:
    """Run the migrations, and load the demo if the database is empty, in a process that prints its progress."""
    done = subprocess.run(
        [sys.executable, "-m", "app.cli.prepare"],
        cwd=ROOT,
        env=env,
        stdin=subprocess.DEVNULL,
        process_group=0,
    )
    if done.returncode:
        raise CannotServe("the database could not be prepared (see above)")


def _children(env: dict[str, str], settings: Settings) -> list[Child]:
    configuration = str(ROOT / "app" / "web" / "gunicorn_conf.py")
    web = [sys.executable, "-m", "gunicorn", "--config", configuration, "--chdir", str(ROOT)]
    worker = [sys.executable, "-m", "app.cli.worker"]
    log, run = settings.storage.var / "log", settings.storage.var / "run"
    answers = AnswerCounter(settings)
    answers.start()
    return [
        Child(
            "web",
            web,
            env,
            log / "web.log",
            heartbeat=run / "web.heartbeat",
            hang_seconds=settings.process.hang_seconds,
            answered=lambda: answers.count,
        ),
        Child(
            "worker",
            worker,
            {**env, "PYTHONPATH": str(ROOT)},
            log / "worker.log",
            heartbeat=run / "worker.heartbeat",
            hang_seconds=settings.process.hang_seconds,
        ),
    ]


@contextmanager
def _lock(var: Path) -> Iterator[None]:
    """Hold the lock of the data folder. Raises CannotServe if another `serve` has it."""
    var.mkdir(parents=True, exist_ok=True)
    with open(var / "serve.lock", "a+") as handle:
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            handle.seek(0)
            raise CannotServe(
                f"it runs already on {_relative(var)} (process {handle.read().strip()})"
            ) from None
        handle.truncate(0)
        handle.write(str(os.getpid()))
        handle.flush()
        yield


def _wait_until_ready(web: Child, settings: Settings) -> None:
    deadline = time.monotonic() + READY_SECONDS
    while (problem := problem_at(settings, "/readyz", seconds=5)) is not None:
        if not web.is_running() or time.monotonic() > deadline:
            reason = problem if web.is_running() else web.last_log_line()
            raise CannotServe(f"the web server did not become ready: {reason} (log: {web.log})")
        time.sleep(0.1)


def demo_sign_ins(url: str) -> list[str]:
    """The demo's accounts that exist in this database, one a line."""
    from app.users.service import DEMO_SIGN_INS

    with closing(open_connection(url, COMMANDS)) as connection, connection.cursor() as cursor:
        cursor.execute(
            "select email from users.users where email = any(%s)", ([one[1] for one in DEMO_SIGN_INS],)
        )
        existing = {email for (email,) in cursor.fetchall()}
    return [
        f"  {role:<9} {email}  {password}" for role, email, password in DEMO_SIGN_INS if email in existing
    ]


def _raise_stop(_number: int, _frame: FrameType | None) -> None:
    raise _Stop


def _relative(path: Path) -> str:
    """The path relative to the current folder, if it lies below it."""
    return os.path.relpath(path) if path.is_relative_to(Path.cwd()) else str(path)


def _print(line: str) -> None:
    print(line, flush=True)


if __name__ == "__main__":
    sys.exit(main())
