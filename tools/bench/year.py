"""Compares the time of verbs on a database with a year of sales and on an empty one.

Both databases are on one server and contain the same demo. Each is measured by its own process, in turns, so that other
load of the machine affects both. A round gives the ratio of the medians of its turns; a figure is the
median over the rounds.
"""

from __future__ import annotations

import multiprocessing
import os
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from multiprocessing.connection import Connection
from pathlib import Path

import psycopg2

from app.adapters import postgres
from tools.bench import year_data, year_verbs
from tools.bench.report import Figure, at_most, show

ROUNDS, TURNS, WARM_UPS = 5, 60, 3
LIMIT = 1.1
FILL_SECONDS = 120
# The database need not survive a crash while it is filled.
FILLING = {"fsync": "off", "full_page_writes": "off", "max_wal_size": "8GB", "checkpoint_timeout": "1h"}


def measure(*, orders: int = year_data.ORDERS, rounds: int = ROUNDS) -> None:
    """Fill the database, measure and print. This takes about three minutes and 4 GB of disk."""
    var = Path(tempfile.mkdtemp(prefix="bilheteria-year-"))
    try:
        _fill(var, orders)
        server = postgres.start(var / "postgres")
        try:
            with _asked(server.database_url("empty")) as empty, _asked(server.database_url("year")) as year:
                for name in year_verbs.NAMES:
                    show(_figure(name, empty, year, rounds))
        finally:
            server.stop()
            shutil.rmtree(server.place.root, ignore_errors=True)
    finally:
        shutil.rmtree(var, ignore_errors=True)


def _fill(var: Path, orders: int) -> None:
    server = postgres.start(var / "postgres", FILLING)
    try:
        environment = os.environ | {
            "DATABASE_URL": server.url,
            "BILHETERIA_VAR": str(var),
            "SECRET_KEY": year_verbs.SECRET,
        }
        subprocess.run(
            [sys.executable, "-m", "app.cli.prepare"], env=environment, check=True, capture_output=True
        )
        _copy(server, "empty")
        _copy(server, "year")
        began = time.monotonic()
        year_data.fill(server.database_url("year"), orders=orders)
        took = time.monotonic() - began
        rows = year_data.counts(server.database_url("year"))
    finally:
        server.stop()
    note = ", ".join(
        f"{rows[table]:,} {words}"
        for table, words in (
            ("orders.orders", "orders"),
            ("tickets.tickets", "tickets"),
            ("products.stock_claims", "stock claims"),
            ("reservations.requests", "requests"),
        )
    )
    show(at_most("a year of sales, made by SQL", took, FILL_SECONDS, " s", note=note))


def _copy(server: postgres.PostgresServer, name: str) -> None:
    connection = psycopg2.connect(server.database_url("postgres"))
    connection.autocommit = True
    with connection.cursor() as cursor:
        cursor.execute(f"create database {name} template {postgres.DATABASE}")
    connection.close()


@contextmanager
def _asked(url: str) -> Iterator[Connection]:
    """Start a process on the database at `url`; it receives names of verbs and returns their time in ms."""
    spawn = multiprocessing.get_context("spawn")
    ours, theirs = spawn.Pipe()
    process = spawn.Process(target=year_verbs.serve, args=(url, theirs), daemon=True)
    process.start()
    theirs.close()
    try:
        yield ours
    finally:
        ours.close()
        process.join(10)
        process.terminate()


def _figure(name: str, empty: Connection, year: Connection, rounds: int) -> Figure:
    before: list[float] = []
    after: list[float] = []
    ratios: list[float] = []
    for _ in range(rounds):
        old, new = _round(name, empty, year)
        before.append(old)
        after.append(new)
        ratios.append(new / old)
    note = (
        f"{statistics.median(before):.2f} ms on an empty database, {statistics.median(after):.2f} ms;"
        f" ratios from {min(ratios):.2f} to {max(ratios):.2f}"
    )
    return at_most(f"{name}, a year / empty", statistics.median(ratios), LIMIT, "", note=note, digits=2)


def _round(name: str, empty: Connection, year: Connection) -> tuple[float, float]:
    """The medians of both databases in ms, measured in turns."""
    times: dict[int, list[float]] = {0: [], 1: []}
    for turn in range(WARM_UPS + TURNS):
        for which in (0, 1) if turn % 2 == 0 else (1, 0):
            asked = (empty, year)[which]
            asked.send(name)
            took = float(asked.recv())
            if turn >= WARM_UPS:
                times[which].append(took)
    return statistics.median(times[0]), statistics.median(times[1])
