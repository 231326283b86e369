"""`make rehearse-restore`: sells in a database of its own, backs it up, restores it into a new one, and compares both.

It runs the commands of docs/runbooks/restore.md as they stand there, and prints what each took. Its
argument is the number of orders beside those of the demo.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Mapping
from pathlib import Path

import psycopg2
from psycopg2 import sql

from app.adapters import postgres
from tools.bench import year_data
from tools.build.steps import say

ORDERS = 100_000
# Every table with rows of the box office; the statement runs on both databases.
TABLES = """
    select schemaname, tablename from pg_tables
    where schemaname not in ('pg_catalog', 'information_schema') order by 1, 2
"""


def main() -> int:
    """Rehearse; returns the exit status, 1 if the restored database differs."""
    orders = int(sys.argv[1]) if len(sys.argv) > 1 else ORDERS
    var = Path(tempfile.mkdtemp(prefix="bilheteria-rehearsal-"))
    server = postgres.start(var / "postgres")
    try:
        return 0 if rehearse(server, var, orders) else 1
    finally:
        server.stop()
        shutil.rmtree(server.place.root, ignore_errors=True)
        shutil.rmtree(var, ignore_errors=True)


def rehearse(server: postgres.PostgresServer, var: Path, orders: int) -> bool:
    """Back up and restore; returns whether each table of the new database has the rows of the old one."""
    source, target, file = server.url, server.database_url("restored"), var / "box-office.dump"
    _command(source, var, "prepare")
    if orders:
        year_data.fill(source, orders=orders, stock_claims=orders // 3, requests=orders // 3)
    _create_database(server, "restored")
    backup = _command(source, var, "backup", str(file))
    restore = _command(target, var, "restore", str(file))
    prepare = _command(target, var, "prepare", BILHETERIA_DEMO="0")
    before, after = rows(source), rows(target)
    say(
        f"{before['orders.orders']:,} orders, {before['tickets.tickets']:,} tickets,"
        f" {before['reservations.seat_claims']:,} sold seats; the file has {file.stat().st_size / 1e6:.1f} MB"
    )
    say(f"backup {backup:.1f} s, restore {restore:.1f} s, prepare {prepare:.1f} s")
    differing = [name for name in before if after.get(name) != before[name]]
    say(
        f"DIFFERENT: {', '.join(differing)}"
        if differing
        else f"All {len(before)} tables have the same number of rows."
    )
    return not differing


def rows(url: str) -> Mapping[str, int]:
    """Table → number of rows."""
    connection = psycopg2.connect(url)
    try:
        with connection.cursor() as cursor:
            cursor.execute(TABLES)
            found = cursor.fetchall()
            counts = {}
            for schema, table in found:
                cursor.execute(sql.SQL("select count(*) from {}").format(sql.Identifier(schema, table)))
                (counts[f"{schema}.{table}"],) = cursor.fetchone() or (0,)
            return counts
    finally:
        connection.close()


def _create_database(server: postgres.PostgresServer, name: str) -> None:
    connection = psycopg2.connect(server.database_url("postgres"))
    connection.autocommit = True
    with connection.cursor() as cursor:
        cursor.execute(sql.SQL("create database {}").format(sql.Identifier(name)))
    connection.close()


def _command(url: str, var: Path, *words: str, **settings: str) -> float:
    """Run `flask --app wsgi …` on the database; returns the seconds it took. Raises CalledProcessError."""
    env = os.environ | {"DATABASE_URL": url, "BILHETERIA_VAR": str(var), "SECRET_KEY": "rehearsal"} | settings
    began = time.monotonic()
    subprocess.run(
        [sys.executable, "-m", "flask", "--app", "wsgi", *words],
        env=env,
        check=True,
        stdout=subprocess.DEVNULL,
    )
    return time.monotonic() - began


if __name__ == "__main__":
    sys.exit(main())
