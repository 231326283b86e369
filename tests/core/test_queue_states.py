"""The depth and the age of the queues, as the command shows them and as one process reports them."""

from __future__ import annotations

import threading
import time
from collections.abc import Mapping

import pytest
from click.testing import CliRunner
from sqlalchemy import text

from app.cli.relay import queues
from app.core import config, db, metrics, outbox, queue_states, telemetry
from app.core.config import Settings
from app.core.messages import ScreeningCancelled, SeatsFreed
from app.core.metrics import Metric
from app.core.outbox_source import OutboxSource
from app.core.relay import Relay
from tests.aws_server import credentials, endpoint
from tests.core.delivery_forms import lease_one
from tests.core.sqs_server import sqs


def states() -> dict[tuple[str, str], tuple[int, float | None]]:
    with db.autocommit_connection() as connection:
        found = list(queue_states.of_outbox(connection))
    return {(one.consumer, one.state): (one.depth, one.age) for one in found if one.depth}


def test_messages_of_the_outbox_are_ready_hidden_or_dead(database: str) -> None:
    source = OutboxSource()
    with db.transaction():
        outbox.publish(SeatsFreed(screening_id=1))
    source.dead_letter(lease_one(source), error="no paper")
    with db.transaction():
        outbox.publish(SeatsFreed(screening_id=2))
    lease_one(source)
    with db.transaction() as session:
        outbox.publish(SeatsFreed(screening_id=3), delay=600)
        outbox.publish(SeatsFreed(screening_id=4))
        session.execute(
            text(
                "update core.outbox set available_at = available_at - interval '1 hour'"
                " where payload ->> 'screening_id' = '4'"
            )
        )
    found = states()
    assert found.keys() == {("reservations", state) for state in queue_states.STATES}
    assert found["reservations", "hidden"] == (2, None)
    (ready, waited), (dead, died) = found["reservations", "ready"], found["reservations", "dead"]
    assert (ready, dead) == (1, 1)
    assert waited is not None
    assert died is not None
    assert waited > 3600 > died >= 0


def test_messages_of_sqs_are_ready_hidden_or_dead(database: str) -> None:
    consumers = ("orders", "reservations")
    with sqs(consumers) as (opened, _):
        with db.transaction():
            outbox.publish(ScreeningCancelled(screening_id=1, reason="no light"))
        Relay(opened, consumers).move_due()
        opened.receive("orders", most=1, seconds=60)
        found = {(one.consumer, one.state): one.depth for one in queue_states.of_sqs(opened, consumers)}
    assert [key for key, depth in found.items() if depth] == [("orders", "hidden"), ("reservations", "ready")]


class Recorded:
    """An exporter that keeps what it is given; `given` is set at the first value."""

    def __init__(self) -> None:
        self.values: list[tuple[str, float, Mapping[str, str]]] = []
        self.given = threading.Event()

    def record(self, metric: Metric, value: float, labels: Mapping[str, str]) -> None:
        self.values.append((metric.name, value, labels))
        self.given.set()


@pytest.fixture
def recorded(monkeypatch: pytest.MonkeyPatch) -> Recorded:
    found = Recorded()
    monkeypatch.setattr(telemetry, "_exporter", found)
    return found


def test_one_process_reports(database: str, recorded: Recorded) -> None:
    with db.transaction():
        outbox.publish(SeatsFreed(screening_id=1))
    stopping = threading.Event()
    leader = threading.Thread(target=queue_states.report_while_leading, args=(stopping,))
    leader.start()
    try:
        assert recorded.given.wait(30)
        assert not queue_states.report_while_leading(threading.Event()), "another one leads"
    finally:
        stopping.set()
        leader.join(30)
    assert not leader.is_alive()
    labels = {"queue": "outbox", "consumer": "reservations", "state": "ready"}
    assert (metrics.QUEUE_DEPTH.name, 1, labels) in recorded.values
    deadline = time.monotonic() + 30  # the database notices the end of a connection a moment later
    while not queue_states.report_while_leading(stopping):
        assert time.monotonic() < deadline, "the lock is not free again"


def test_the_command_shows_them(database: str) -> None:
    with db.transaction():
        outbox.publish(SeatsFreed(screening_id=1))
    result = CliRunner().invoke(queues, ["show"])
    assert result.exit_code == 0, result.output
    (line,) = [one for one in result.output.splitlines() if "reservations" in one and "ready" in one]
    assert line.split()[:4] == ["outbox", "reservations", "ready", "1"]


def test_the_outbox_is_reported_while_sqs_refuses(
    database: str, settings: Settings, recorded: Recorded
) -> None:
    address = f"sqs://none?region=us-east-1&endpoint={endpoint()}"
    stopping = threading.Event()
    stopping.set()
    config.use(settings.changed(queue={"url": address}))
    with credentials():
        deadline = (
            time.monotonic() + 30
        )  # until the database has noticed the end of the last test's connection
        while not queue_states.report_while_leading(stopping):
            assert time.monotonic() < deadline
    assert {labels["queue"] for _, _, labels in recorded.values} == {"outbox"}
