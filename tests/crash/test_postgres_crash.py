"""kill -9 of the database while charges are made and paid: all that was acknowledged is there, and nothing twice."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
import time
import uuid
from collections.abc import Iterator
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import psycopg2
import pytest

from app.adapters import postgres
from app.adapters.psp.sandbox import Sandbox
from app.core import config, db
from app.payments import service
from tests.live_server import LiveServer

ROOT = Path(__file__).resolve().parents[2]
SECONDS = 60.0


class OwnHouse:
    """Web, worker and a database of their own, whose server can be killed."""

    def __init__(self, folder: Path) -> None:
        self.data = folder / "postgres"
        self.postgres = postgres.start(self.data)
        env = os.environ | {"DATABASE_URL": self.postgres.url, "BILHETERIA_DEMO": "0", "SECRET_KEY": "x"}
        subprocess.run([sys.executable, "-m", "app.cli.prepare"], cwd=ROOT, env=env, check=True)
        self.server = LiveServer(self.postgres.url, folder / "var", {"BILHETERIA_SANDBOX_PIX": "auto:0.2"})

    def kill_postgres(self) -> None:
        os.kill(self.postgres.pid, signal.SIGKILL)
        time.sleep(0.3)
        self.postgres = postgres.start(self.data)

    def query(self, statement: str) -> list[tuple[Any, ...]]:
        connection = psycopg2.connect(self.postgres.url)
        try:
            with connection, connection.cursor() as cursor:
                cursor.execute(statement)
                return cursor.fetchall()
        finally:
            connection.close()

    def close(self) -> None:
        self.server.stop()
        self.postgres.stop()


@pytest.fixture
def house(tmp_path: Path, settings: config.Settings) -> Iterator[OwnHouse]:
    house = OwnHouse(tmp_path)
    db.connect(house.postgres.url, pool_size=4)
    yield house
    db.engine().dispose()
    house.close()


def test_nothing_acknowledged_is_lost_or_doubled(house: OwnHouse) -> None:
    acknowledged: list[uuid.UUID] = []
    stop = threading.Event()

    def customers() -> None:
        while not stop.is_set():
            with suppress(Exception):
                with db.transaction():
                    until = datetime.now(UTC) + timedelta(minutes=5)
                    made = service.request_charge(uuid.uuid4(), "pix", 5000, until, "2 ingressos")
                acknowledged.append(made.id)
            time.sleep(0.01)

    crowd = [threading.Thread(target=customers) for _ in range(3)]
    for one in crowd:
        one.start()
    for _ in range(3):
        time.sleep(1.0)
        house.kill_postgres()
    time.sleep(1.0)
    stop.set()
    for one in crowd:
        one.join()
    assert len(acknowledged) > 50

    wanted = {str(charge_id) for charge_id in acknowledged}
    deadline = time.monotonic() + SECONDS
    while True:
        done = {
            row[0] for row in house.query("select id::text from payments.charges where state = 'confirmed'")
        }
        if wanted <= done:
            break
        assert time.monotonic() < deadline, f"{len(wanted - done)} of {len(wanted)} charges are not through"
        # A lease outlives the handler that lost its connection; the test does not wait half a minute for it.
        house.query(
            "update core.outbox set leased_until = null, available_at = clock_timestamp() returning 1"
        )
        time.sleep(0.5)
    doubled = "select charge_id from payments.receipts group by charge_id having count(*) <> 1"
    assert house.query(doubled) == []
    ours = "select replace(id::text, '-', '') from payments.charges"
    assert house.query(f"select id from sandbox_bank.charges where id not in ({ours})") == []


def test_the_web_answers_again(house: OwnHouse) -> None:
    import urllib.error
    import urllib.request

    bank = Sandbox(house.postgres.url, secret_key="tests-secret-key")
    sent = bank.notification("somebody")
    bank.dispose()
    house.kill_postgres()
    deadline = time.monotonic() + SECONDS
    request = urllib.request.Request(f"{house.server.url}/webhooks/sandbox", sent.body, sent.headers)
    refused = 0
    while True:
        try:
            with urllib.request.urlopen(request, timeout=5) as answer:
                assert answer.status == 200
                break
        except urllib.error.HTTPError as error:
            refused += error.code in (500, 503)
        assert time.monotonic() < deadline
        time.sleep(0.1)
    assert refused <= 10  # each of the processes notices once, and connects anew
    assert house.query("select count(*) > 0 from payments.hints") == [(True,)]
