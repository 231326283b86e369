"""The relay from the outbox to SQS: nothing is lost, and nothing happens twice."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator, Sequence
from datetime import UTC

import pytest
from sqlalchemy import text

from app.adapters.sqs import QueueError, Queues, Sent
from app.core import db, outbox, relay
from app.core.dead_letters import OutboxDeadLetters
from app.core.deliveries import AlreadyDone
from app.core.messages import ScreeningCancelled, SeatsFreed
from app.core.relay import Relay
from app.core.sqs_dead_letters import SqsDeadLetters
from app.core.sqs_source import SqsSource
from tests.adapters.scripted_server import ScriptedServer
from tests.core.delivery_forms import CONSUMERS, finish, lease
from tests.core.sqs_server import Clock, sqs
from tests.core.test_outbox import make_all_due

pytestmark = pytest.mark.usefixtures("database")


@pytest.fixture
def server() -> Iterator[tuple[Queues, Clock]]:
    with sqs(CONSUMERS) as opened:
        yield opened


@pytest.fixture
def queues(server: tuple[Queues, Clock]) -> Queues:
    return server[0]


def publish(number: int = 1, *, delay: float = 0.0) -> str:
    with db.transaction():
        return str(outbox.publish(SeatsFreed(screening_id=number), delay=delay))


def waiting() -> int:
    with db.reading() as session:
        return int(
            session.execute(text("select count(*) from core.outbox where dead_at is null")).scalar_one()
        )


def received(queues: Queues) -> list[str]:
    """The ids of all messages in the queue of reservations; they are done afterwards."""
    source = SqsSource(queues)
    found = []
    while batch := lease(source):
        for delivery in batch:
            found.append(delivery.message_id)
            source.acknowledge(delivery)
    return found


def test_what_was_moved_is_no_longer_in_the_outbox(queues: Queues) -> None:
    sent = {publish(number) for number in range(25)}
    assert Relay(queues).move_due() == 25
    assert waiting() == 0
    assert set(received(queues)) == sent


def test_a_relay_that_is_told_to_stop_gives_back_what_it_has_not_sent(
    queues: Queues, monkeypatch: pytest.MonkeyPatch
) -> None:
    sent = {publish(number) for number in range(25)}
    first, send = Relay(queues), queues.send

    def send_and_stop(queue: str, messages: Sequence[Sent]) -> dict[str, str]:
        first.stop()
        return send(queue, messages)

    with monkeypatch.context() as patch:
        patch.setattr(queues, "send", send_and_stop)
        assert first.move_due() == 10
    assert waiting() == 15
    assert Relay(queues).move_due() == 15
    assert set(received(queues)) == sent


def test_a_delayed_message_stays_in_the_outbox_until_it_is_due(queues: Queues) -> None:
    message_id = publish(delay=3600)
    assert Relay(queues).move_due() == 0
    assert received(queues) == []
    make_all_due()
    assert Relay(queues).move_due() == 1
    assert received(queues) == [message_id]


@pytest.mark.parametrize("trouble", ["away", "clock"])
def test_messages_wait_in_the_outbox_while_the_queue_is_away(
    queues: Queues, monkeypatch: pytest.MonkeyPatch, trouble: str
) -> None:
    """It does not answer, or it refuses the signatures of a machine whose clock is wrong by 15 minutes."""
    sent = {publish(number) for number in range(12)}
    with ScriptedServer.running() as server, monkeypatch.context() as patch:
        server.answers = [(403, {}, b'{"__type": "InvalidSignatureException"}')] * 9
        patch.setattr(
            queues, "_client", _client_of("http://127.0.0.1:9" if trouble == "away" else server.url)
        )
        for _ in range(3):
            with pytest.raises(QueueError):
                Relay(queues).move_due()
    assert waiting() == 12
    assert OutboxDeadLetters().list() == []
    assert Relay(queues).move_due() == 12, "the rows are free at once"
    assert set(received(queues)) == sent


def _client_of(address: str) -> object:
    return Queues(f"sqs://gone?region=us-east-1&endpoint={address}")._client


def test_relays_at_the_same_time_send_each_message_once(queues: Queues) -> None:
    sent = [publish(number) for number in range(120)]
    threads = [threading.Thread(target=Relay(queues).move_due) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert waiting() == 0
    assert sorted(received(queues)) == sorted(sent)


def test_a_message_that_was_sent_and_not_deleted_has_its_effect_once(
    queues: Queues, monkeypatch: pytest.MonkeyPatch
) -> None:
    publish()

    class Killed(BaseException):
        """Stands for a killed process."""

    def kill(name: str) -> None:
        raise Killed

    with monkeypatch.context() as patch:
        patch.setattr(relay, "failpoint", kill)
        with pytest.raises(Killed):
            Relay(queues).move_due()
    make_all_due()
    with db.transaction() as session:
        session.execute(text("update core.outbox set leased_until = clock_timestamp() - interval '1 s'"))
    Relay(queues).move_due()
    source, effects = SqsSource(queues), 0
    batch = lease(source)
    assert len(batch) == 2
    for delivery in batch:
        try:
            finish(source, delivery)
            effects += 1
        except AlreadyDone:
            source.acknowledge(delivery)
    assert effects == 1
    assert lease(source) == []


def test_a_batch_is_within_the_limit_of_its_bytes(queues: Queues) -> None:
    for number in range(9):
        with db.transaction():
            outbox.publish(ScreeningCancelled(screening_id=number, reason="x" * 60_000))
    assert Relay(queues).move_due() == 18
    assert len(received(queues)) == 9


def test_a_message_larger_than_a_queue_takes_is_a_dead_letter(queues: Queues) -> None:
    with db.transaction():
        outbox.publish(ScreeningCancelled(screening_id=1, reason="x" * 300_000))
    other = publish()
    assert Relay(queues).move_due() == 1
    assert received(queues) == [other]
    assert {letter.consumer for letter in OutboxDeadLetters().list()} == {"orders", "reservations"}


def test_a_text_that_is_no_message_of_ours_is_a_dead_letter(queues: Queues) -> None:
    url = queues._url("reservations")
    not_ours = ("hello", "[1]", "[" * 100_000, '{"message_id": 1, "kind": "SeatsFreed", "payload": {}}')
    attributes = {f"a{number}": {"DataType": "String", "StringValue": "x"} for number in range(10)}
    for body in not_ours:
        queues._client.send_message(QueueUrl=url, MessageBody=body, MessageAttributes=attributes)
    message_id = publish()
    Relay(queues).move_due()
    assert received(queues) == [message_id]
    letters = SqsDeadLetters(queues, CONSUMERS).list()
    assert {letter.last_error for letter in letters} == {"not a message of ours"}
    assert len(letters) == len(not_ours)


def test_a_dead_letter_with_strange_attributes_is_listed_and_put_back(queues: Queues) -> None:
    """A person may have moved it by hand, or by another tool."""
    body = '{"message_id": 5, "kind": ["x"], "payload": "text"}'
    for attempts, dead_at in (
        ("many", "yesterday"),
        ("-1", "2026-01-01T00:00:00"),
        ("٣", "9999-12-31T23:59-23:00"),
    ):
        given = {"attempts": attempts, "dead_at": dead_at, "error": "a\x1b[31m\nb"}
        refused = queues.send("reservations-dead", [Sent("0", body, given)])
        assert refused == {}
    letters = SqsDeadLetters(queues, CONSUMERS)
    listed = letters.list()
    assert [(one.kind, one.payload, one.attempts) for one in listed] == [("", {"body": body}, 1)] * 3
    assert len({one.message_id for one in listed}) == 3
    assert all(one.dead_at.tzinfo is UTC for one in listed)
    assert {one.last_error for one in listed} == {"a [31m b"}
    assert len(letters.list(listed[0].message_id)) == 1
    assert letters.put_back(listed[0].message_id) == 1
    assert len(letters.list()) == 2


def test_putting_back_ends_when_the_messages_die_again_at_once(
    queues: Queues, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Their cause was not removed, and workers are quick."""
    for number in range(3):
        publish(number)
    Relay(queues).move_due()
    source, send = SqsSource(queues), queues.send

    def die() -> None:
        for delivery in lease(source):
            source.dead_letter(delivery, error="no template")

    def send_and_die(queue: str, messages: Sequence[Sent]) -> dict[str, str]:
        refused = send(queue, messages)
        if queue == "reservations":
            die()
        return refused

    die()
    monkeypatch.setattr(queues, "send", send_and_die)
    letters = SqsDeadLetters(queues, CONSUMERS)
    assert letters.put_back() == 3
    assert len(letters.list()) == 3


def test_a_running_relay_moves_what_is_published(queues: Queues) -> None:
    running = Relay(queues)
    thread = threading.Thread(target=running.run)
    thread.start()
    try:
        message_id = publish()
        source = SqsSource(queues)
        batch = source.lease(["reservations"], most=1, seconds=30, wait=20)
        assert [delivery.message_id for delivery in batch] == [message_id]
    finally:
        running.stop()
        thread.join(30)
    assert not thread.is_alive()


def test_a_running_relay_goes_on_when_the_queue_is_back(
    queues: Queues, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(relay, "PAUSE_SECONDS", 0.1)
    with monkeypatch.context() as patch:
        patch.setattr(queues, "_client", _client_of("http://127.0.0.1:9"))
        running = Relay(queues)
        thread = threading.Thread(target=running.run)
        thread.start()
        message_id = publish()
        until = time.monotonic() + 30
        while not _last_error() and time.monotonic() < until:
            time.sleep(0.05)
    try:
        batch = SqsSource(queues).lease(["reservations"], most=1, seconds=30, wait=30)
        assert [delivery.message_id for delivery in batch] == [message_id]
    finally:
        running.stop()
        thread.join(30)


def _last_error() -> str | None:
    with db.reading() as session:
        found = session.execute(text("select last_error from core.outbox")).scalar()
        return str(found) if found else None
