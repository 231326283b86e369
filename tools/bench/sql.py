"""The bound for a hold on this machine: the SQL statements of a claim without a web server."""

from __future__ import annotations

import subprocess
import sys
import time

_CHILD = """
import sys, time, uuid, random, psycopg2
url, seconds, worker = sys.argv[1], float(sys.argv[2]), int(sys.argv[3])
connection = psycopg2.connect(url)
cursor = connection.cursor()
random.seed(worker)
done, end = 0, time.monotonic() + seconds
while time.monotonic() < end:
    first = random.randrange(1, 2_000_000_000)
    reservation = uuid.uuid4().hex
    cursor.execute(
        "insert into bench.reservations (id, screening_id, expires_at)"
        " values (%s, %s, clock_timestamp() + interval '10 min')",
        (reservation, worker),
    )
    cursor.execute(
        "insert into bench.claims (screening_id, seat_id, reservation_id, expires_at)"
        " select %s, seat, %s, clock_timestamp() + interval '10 min' from unnest(%s) seat order by seat"
        " on conflict (screening_id, seat_id) do update set reservation_id = excluded.reservation_id,"
        " expires_at = excluded.expires_at where bench.claims.expires_at < clock_timestamp() returning seat_id",
        (worker, reservation, [first, first + 1]),
    )
    connection.commit()
    done += 1
print(done)
"""


def raw_claims(url: str, query, *, clients: int = 16, seconds: float = 3.0) -> float:  # type: ignore[no-untyped-def]
    """Claims of two seats per second, each with its reservation and a commit to the disk."""
    query("create schema if not exists bench")
    query(
        "create table if not exists bench.reservations"
        " (id uuid primary key, screening_id integer, expires_at timestamptz)"
    )
    query(
        "create table if not exists bench.claims (screening_id integer, seat_id bigint, reservation_id uuid,"
        " expires_at timestamptz, primary key (screening_id, seat_id))"
    )
    began = time.monotonic()
    children = [
        subprocess.Popen(
            [sys.executable, "-c", _CHILD, url, str(seconds), str(number)], stdout=subprocess.PIPE, text=True
        )
        for number in range(clients)
    ]
    done = sum(int(child.communicate()[0]) for child in children)
    took = min(time.monotonic() - began, seconds)
    query("drop schema bench cascade")
    return done / took
