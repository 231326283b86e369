"""kill -9 of the database while charges are made and paid: acknowledged charges exist once."""

from __future__ import annotations

import threading
import time
import uuid
from collections.abc import Callable, Iterator
from contextlib import suppress
from datetime import UTC, datetime, timedelta

import pytest

from app.adapters.psp.sandbox import Sandbox
from app.core import config, db
from app.payments import service
from tests.crash.installation import Installation

SECONDS = 60.0


@pytest.fixture(scope="module")
def _installation(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Installation]:
    installation = Installation(tmp_path_factory.mktemp("installation"))
    yield installation
    installation.close()


@pytest.fixture
def installation(_installation: Installation, settings: config.Settings) -> Iterator[Installation]:
    db.connect(_installation.postgres.url, pool_size=4)
    yield _installation
    db.engine().dispose()


def test_acknowledged_charges_are_neither_lost_nor_doubled(installation: Installation) -> None:
    acknowledged: list[uuid.UUID] = []
    stop = threading.Event()

    def customers() -> None:
        while not stop.is_set():
            with suppress(Exception):
                with db.transaction():
                    wait_until = datetime.now(UTC) + timedelta(minutes=5)
                    made = service.request_charge(uuid.uuid4(), "pix", 5000, wait_until, "2 ingressos")
                acknowledged.append(made.id)
            time.sleep(0.02)

    threads = [threading.Thread(target=customers) for _ in range(3)]
    for one in threads:
        one.start()
    for enough in (20, 40, 60):  # a number of charges, however slow the machine is
        time.sleep(1.0)
        wait_until(lambda enough=enough: len(acknowledged) > enough)  # type: ignore[misc]
        installation.kill_postgres()
    time.sleep(1.0)
    stop.set()
    for one in threads:
        one.join()

    wanted = {str(charge_id) for charge_id in acknowledged}
    deadline = time.monotonic() + SECONDS
    while True:
        done = {
            row[0]
            for row in installation.query("select id::text from payments.charges where state = 'confirmed'")
        }
        if wanted <= done:
            break
        assert time.monotonic() < deadline, f"{len(wanted - done)} of {len(wanted)} charges are not done"
        # The lease of a handler that lost its connection ends after half a minute; the test ends it at once.
        installation.query(
            "update core.outbox set leased_until = null, available_at = clock_timestamp() returning 1"
        )
        time.sleep(0.5)
    doubled = "select charge_id from payments.receipts group by charge_id having count(*) <> 1"
    assert installation.query(doubled) == []
    ours = "select replace(id::text, '-', '') from payments.charges"
    assert installation.query(f"select id from sandbox_bank.charges where id not in ({ours})") == []


def wait_until(condition: Callable[[], bool]) -> None:
    deadline = time.monotonic() + SECONDS
    while not condition():
        assert time.monotonic() < deadline, "no charge is acknowledged"
        time.sleep(0.05)


def test_the_web_server_answers_after_the_database_was_killed(installation: Installation) -> None:
    import urllib.error
    import urllib.request

    bank = Sandbox(installation.postgres.url, secret_key="tests-secret-key")
    sent = bank.notification("somebody")
    bank.dispose()
    installation.kill_postgres()
    deadline = time.monotonic() + SECONDS
    request = urllib.request.Request(f"{installation.server.url}/webhooks/sandbox", sent.body, sent.headers)
    refused = 0
    while True:
        try:
            with urllib.request.urlopen(request, timeout=30) as answer:
                assert answer.status == 200
                break
        except urllib.error.HTTPError as error:
            refused += error.code in (500, 503)
        assert time.monotonic() < deadline
        time.sleep(0.1)
    assert refused <= 10  # each process fails once per broken connection, and then connects again
    assert installation.query("select count(*) > 0 from payments.hints") == [(True,)]
