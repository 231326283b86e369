"""Mails that cannot be sent at once: they wait, are dropped when outdated, or become dead letters."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import text

from app.adapters.storage import open_storage
from app.core import config, db, handling, outbox, worker
from app.core.config import Settings
from app.core.messages import NoticeRequested
from app.dispatch import routes
from app.users import service as users
from tests.adapters.mail_server import MailServer
from tests.users.account_data import mail_text, make_account, read_mails
from tests.users.notice_mails import dead_letters, tickets_ready

pytestmark = pytest.mark.usefixtures("app")


def test_revoked_tickets_get_no_mail(settings: Settings) -> None:
    with db.transaction():
        outbox.publish(tickets_ready(storage_key="orders/00/gone.pdf"))
    worker.drain(routes(("users",)))
    assert read_mails(settings.mail_folder) == []
    assert dead_letters() == []


def test_a_pdf_too_large_for_a_mail_is_linked(settings: Settings) -> None:
    storage = open_storage(settings.storage.url, settings.ticket_folder)
    storage.put("orders/00/x.pdf", b"%PDF" + b"x" * 5_000_001, "application/pdf")
    with db.transaction():
        outbox.publish(tickets_ready())
    worker.drain(routes(("users",)))
    (mail,) = read_mails(settings.mail_folder)
    assert list(mail.iter_attachments()) == []
    assert "na página do pedido" in mail_text(mail)
    assert "/orders/x" in mail_text(mail)


def test_an_impossible_mail_is_a_dead_letter_and_an_outdated_one_is_not() -> None:
    with db.transaction():
        outbox.publish(NoticeRequested("account_exists", "a b@example.org", "en"))
        outbox.publish(NoticeRequested("no_such_mail", "ana@example.org", "en", {}))
        outbox.publish(NoticeRequested("order_refunded", "ana@example.org", "en", {}))
    worker.drain(routes(("users",)))
    assert len(dead_letters()) == 3


def test_a_mail_waits_while_the_server_is_down(settings: Settings) -> None:
    config.use(settings.changed(mail={"url": "smtp://127.0.0.1:1?tls=off"}))
    try:
        with db.transaction():
            outbox.publish(NoticeRequested("account_exists", "ana@example.org", "en"))
        worker.drain(routes(("users",)))
    finally:
        config.use(settings)
    assert dead_letters() == []
    with db.transaction() as session:
        assert session.execute(text("select attempts from core.outbox")).scalar() == 1
        session.execute(text("update core.outbox set available_at = clock_timestamp()"))
    worker.drain(routes(("users",)))
    assert len(read_mails(settings.mail_folder)) == 1


def test_an_outdated_notice_is_not_sent(settings: Settings) -> None:
    """The mail server was down until the offer or the link had expired."""
    now = datetime.now(UTC)
    with db.transaction():
        for name, hours in (("late", -1), ("early", 1)):
            moment = (now + timedelta(hours=hours)).isoformat()
            outbox.publish(NoticeRequested("account_exists", f"{name}@example.org", "en", not_after=moment))
    worker.drain(routes(("users",)))
    assert [mail["To"] for mail in read_mails(settings.mail_folder)] == ["early@example.org"]
    assert dead_letters() == []
    with db.reading() as session:
        assert session.execute(text("select count(*) from core.outbox")).scalar_one() == 0


def test_a_notice_without_a_time_limit_is_sent(settings: Settings) -> None:
    with db.transaction() as session:
        outbox.publish(NoticeRequested("account_exists", "ana@example.org", "en"))
        session.execute(text("update core.outbox set payload = payload - 'not_after'"))
    worker.drain(routes(("users",)))
    assert len(read_mails(settings.mail_folder)) == 1


@pytest.mark.parametrize("purpose", ["verify", "reset"])
def test_an_expired_link_is_not_sent(settings: Settings, purpose: str) -> None:
    config.use(settings.changed(mail={"url": "smtp://127.0.0.1:1?tls=off"}))
    try:
        ana = make_account(verified=False)
        with db.transaction():
            if purpose == "verify":
                users.send_verification(ana.id)
            else:
                users.request_reset(ana.email)
        worker.drain(routes(("users",)))
    finally:
        config.use(settings)
    with db.reading() as session:
        ends = session.execute(text("select expires_at from users.email_tokens")).scalar_one()
        not_after = session.execute(text("select payload->>'not_after' from core.outbox")).scalar_one()
    assert datetime.fromisoformat(not_after) == ends


def test_a_mail_that_is_deferred_for_a_morning_arrives(settings: Settings) -> None:
    """Greylisting and outages cause this: nobody has to requeue a dead letter."""
    server = MailServer()
    config.use(settings.changed(mail={"url": f"smtp://127.0.0.1:{server.port}?tls=off"}))
    try:
        with db.transaction():
            outbox.publish(NoticeRequested("account_exists", "ana@later.example", "en"))
        for _ in range(handling.MOST_ATTEMPTS + 2):
            assert worker.drain(routes(("users",))) == 1
            assert dead_letters() == []
            with db.transaction() as session:
                session.execute(text("update core.outbox set available_at = clock_timestamp()"))
        server.defers = False
        worker.drain(routes(("users",)))
    finally:
        config.use(settings)
        server.stop()
    assert len(server.received) == 1
