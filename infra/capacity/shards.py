"""The command `python -m infra.capacity.shards`: the claim of seats on one, two and four databases of this machine.

Each client runs the statement of the application (`app.reservations.claim_statements`) on the database that its
screening belongs to. The clients and all databases share the processors of the machine, so this shows whether claims
on several databases disturb each other, and not how much faster several machines are.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path

import psycopg2

from app.adapters import postgres
from tools.bench.turns import ROUNDS

CLIENTS, SECONDS = 8, 2.0
NUMBERS = (1, 2, 4)
ROOT = Path(__file__).resolve().parents[2]
_CLIENT = """
import sys, time, uuid
from sqlalchemy import create_engine
from app.reservations.claims import SQL
url, screening, seconds = sys.argv[1], int(sys.argv[2]), float(sys.argv[3])
values = dict(screening_id=screening, seconds=600, visitor="v", address_key="", channel="web", device=None,
              visitor_limit=None, address_limit=None, around=[])
done, end = 0, time.monotonic() + seconds
with create_engine(url).connect() as connection:
    first = connection.exec_driver_sql(
        "select coalesce(max(seat_id), 0) from reservations.seat_claims where screening_id = %s", (screening,)
    ).scalar_one()
    while time.monotonic() < end:
        seats = [first + 1, first + 2]
        first += 2
        row = connection.execute(SQL.create_hold, values | {"id": uuid.uuid4(), "seat_ids": seats}).one()
        assert len(row.seat_ids) == 2
        connection.commit()
        done += 1
print(done)
"""


def claims(urls: Sequence[str]) -> float:
    """Claims of two seats a second by CLIENTS clients, each with a screening of its own, spread over the databases."""
    children = [
        subprocess.Popen(
            [sys.executable, "-c", _CLIENT, urls[number % len(urls)], str(number + 1), str(SECONDS)],
            cwd=ROOT,
            stdout=subprocess.PIPE,
            text=True,
        )
        for number in range(CLIENTS)
    ]
    return sum(int(child.communicate()[0]) for child in children) / SECONDS


def _prepare(url: str) -> None:
    """The tables of reservations; without the foreign keys to a programme, which no client has."""
    env = os.environ | {"DATABASE_URL": url, "BILHETERIA_DEMO": "0", "SECRET_KEY": "measured-in-public"}
    subprocess.run(
        [sys.executable, "-m", "app.cli.prepare"], cwd=ROOT, env=env, check=True, stdout=subprocess.DEVNULL
    )
    connection = psycopg2.connect(url)
    with connection, connection.cursor() as cursor:
        cursor.execute(
            "select conrelid::regclass::text, quote_ident(conname) from pg_constraint"
            " where contype = 'f' and confrelid::regclass::text like 'events.%'"
            " and conrelid::regclass::text like 'reservations.%'"
        )
        for table, name in cursor.fetchall():
            cursor.execute(f"alter table {table} drop constraint {name}")
    connection.close()


def main() -> int:
    folder = Path(tempfile.mkdtemp(prefix="bilheteria-shards-"))
    servers = [postgres.start(folder / str(number)) for number in range(max(NUMBERS))]
    try:
        for server in servers:
            _prepare(server.url)
        urls = [server.url for server in servers]
        found: dict[int, list[float]] = {number: [] for number in NUMBERS}
        for _ in range(ROUNDS):
            for number in NUMBERS:
                found[number].append(claims(urls[:number]))
        print("| databases | claims a second | to one database in the same round |\n|---|---|---|")
        for number, rates in found.items():
            ratios = sorted(rate / one for rate, one in zip(rates, found[1], strict=True))
            spread = f"{ratios[len(ratios) // 2]:.2f} ({ratios[0]:.2f} to {ratios[-1]:.2f})"
            print(f"| {number} | {sorted(rates)[len(rates) // 2]:,.0f} | {spread} |")
    finally:
        for server in servers:
            server.stop()
            shutil.rmtree(server.place.root, ignore_errors=True)
        shutil.rmtree(folder, ignore_errors=True)
    return 0


if __name__ == "__main__":
    sys.exit(main())
