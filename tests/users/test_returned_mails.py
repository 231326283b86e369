"""Mails that come back: the queue of SES's events, and refusals of a mail server, mark the address."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import text

from app.adapters.sqs import Queues
from app.core import config, db, outbox, worker
from app.core.config import Settings
from app.core.handling import handle
from app.core.messages import NoticeRequested
from app.core.sqs_dead_letters import SqsDeadLetters
from app.core.sqs_source import SqsSource
from app.dispatch import routes
from app.users import address_problems
from app.users import service as users
from app.users.service import AddressState
from tests.adapters.mail_server import MailServer
from tests.core.mail_event_bodies import bounce, complaint, enveloped, moment
from tests.core.sqs_server import sqs
from tests.users.account_data import make_account, send_due_mails
from tests.users.notice_mails import dead_letters

pytestmark = pytest.mark.usefixtures("app")

EMAIL = "maria@exmplo.example"


@pytest.fixture
def queues() -> Iterator[Queues]:
    with sqs(("bounces",)) as (opened, _clock):
        yield opened


def put(queues: Queues, *bodies: str) -> None:
    """Put bodies into the queue as SNS does, and let a worker handle all that is there."""
    url = queues._url("bounces")
    for body in bodies:
        queues._client.send_message(QueueUrl=url, MessageBody=body)
    source = SqsSource(queues)
    for _ in range(len(bodies) + 1):
        for delivery in source.lease(("bounces",), most=10, seconds=30):
            handle(delivery, source, routes(("users",)))
    assert queues.depth("bounces") == (0, 0)


def state(email: str = EMAIL) -> AddressState:
    with db.reading():
        return users.address_state(email)


def ago(minutes: int) -> str:
    return moment(datetime.now(UTC) - timedelta(minutes=minutes))


def test_a_permanent_bounce_marks_the_address_and_a_transient_one_does_not(queues: Queues) -> None:
    put(
        queues,
        enveloped(bounce(kind="Transient")),
        json.dumps(bounce("eva@example.org", kind="Undetermined")),
    )
    assert not state().returned
    put(queues, enveloped(bounce()), enveloped(bounce()), json.dumps(bounce("Joao@PRAÇA.example")))
    assert state().returned
    assert state(EMAIL.upper()).returned
    assert state("joao@xn--praa-2oa.example").returned
    with db.reading() as session:
        rows = session.execute(text("select p::text from users.address_problems p")).scalars().all()
    assert len(rows) == 2
    assert "@" not in "".join(rows), "the address is stored as a hash"


def test_a_late_repetition_does_not_mark_an_address_that_works_again(queues: Queues) -> None:
    put(queues, json.dumps(bounce(at=ago(20), feedback_id="1")))
    with db.transaction():
        address_problems.accepted(EMAIL, datetime.now(UTC) - timedelta(minutes=10))
    assert not state().returned
    put(
        queues,
        json.dumps(bounce(at=ago(20), feedback_id="1")),
        json.dumps(bounce(at=ago(30), feedback_id="2")),
    )
    assert not state().returned
    put(
        queues,
        json.dumps(bounce(at=ago(5), feedback_id="3")),
        json.dumps(bounce(at=ago(40), feedback_id="4")),
    )
    assert state().returned


def test_a_clock_that_is_ahead_makes_no_mark_for_ever(queues: Queues) -> None:
    put(queues, json.dumps(bounce(at="2999-01-01T00:00:00Z")))
    with db.transaction():
        address_problems.accepted(EMAIL, state().read_at)
    assert not state().returned


def test_what_is_no_event_goes_to_the_dead_letters_at_once(queues: Queues) -> None:
    put(queues, "hello", "[" * 100_000, json.dumps(bounce("no address")), json.dumps(bounce()))
    assert state().returned
    letters = SqsDeadLetters(queues, ("bounces",)).list()
    assert [one.last_error for one in letters] == ["not a message of ours"] * 3


def test_after_a_complaint_only_mails_that_are_needed_are_sent(queues: Queues) -> None:
    put(queues, enveloped(complaint("ana@example.org")))
    make_account()
    with db.transaction():
        outbox.publish(NoticeRequested("account_exists", "ana@example.org", "en"))
        users.request_reset("ana@example.org")
    (mail,) = send_due_mails()
    assert mail["Subject"] == "Senha nova para o Cine Lanterna"
    assert not state("ana@example.org").returned


def test_an_erased_person_is_not_marked_by_an_earlier_event(queues: Queues) -> None:
    from app.core import erasures

    with db.transaction():
        erasures.record(emails=[EMAIL])
    put(queues, json.dumps(bounce(at=ago(5))))
    assert not state().returned


def test_old_marks_are_deleted() -> None:
    with db.transaction():
        address_problems.record(EMAIL, "returned", datetime.now(UTC) - timedelta(days=366))
        address_problems.record(EMAIL, "complaint")
        address_problems.delete_old()
    assert (state().returned, state().complained) == (False, True)


def test_a_refusal_of_the_mail_server_marks_until_a_mail_is_accepted(settings: Settings) -> None:
    server = MailServer()
    config.use(settings.changed(mail={"url": f"smtp://127.0.0.1:{server.port}?tls=off"}))
    try:
        notice = NoticeRequested("reset_password", "maria@nowhere.example", "en", {"hours": 2})
        with db.transaction():
            outbox.publish(notice)
        worker.drain(routes(("users",)))
        assert state("maria@nowhere.example").returned
        assert dead_letters() == []
        server.refusal = b"550 5.7.1 we do not know you"
        with db.transaction():
            address_problems.accepted("maria@nowhere.example", state().read_at)
            outbox.publish(notice)
        worker.drain(routes(("users",)))
        assert not state("maria@nowhere.example").returned, "the server refuses us, not the address"
        assert len(dead_letters()) == 1
        with db.transaction():
            address_problems.record("maria@nowhere.example", "returned")
            outbox.publish(notice)
        server.refusal = b""
        worker.drain(routes(("users",)))
        assert not state("maria@nowhere.example").returned
    finally:
        config.use(settings)
        server.stop()
    assert server.recipients == ["maria@nowhere.example"]
