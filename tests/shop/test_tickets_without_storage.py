"""S3 does not answer: the order's page shows the QR codes, and PDF and mail follow by themselves when S3 is back."""

from __future__ import annotations

import uuid
from collections.abc import Iterator
from datetime import timedelta
from urllib.request import urlopen

import boto3
import pytest
from flask import Flask
from sqlalchemy import text

from app.core import config, db, worker
from app.core.config import Settings
from app.dispatch import routes
from app.web import links
from tests import aws_server
from tests.aws_server import credentials
from tests.live_server import free_port
from tests.orders import purchases
from tests.reservations.auditoriums import make_screening, seat_ids, seat_plan_of
from tests.shop.visitor import Visitor

BUCKET = f"away-{uuid.uuid4().hex[:8]}"


@pytest.fixture
def port(app: Flask, settings: Settings) -> Iterator[int]:
    """A port at which S3 is expected and nothing listens yet."""
    number = free_port()
    place = f"s3://{BUCKET}/tickets?region=us-east-1&endpoint=http://127.0.0.1:{number}"
    config.use(settings.changed(storage={"url": place}))
    with credentials():
        yield number


def work() -> None:
    """What the worker does after the pauses of its attempts."""
    with db.transaction() as session:
        session.execute(text("update core.outbox set available_at = clock_timestamp() where dead_at is null"))
    worker.drain(routes(("tickets", "users")))


def test_the_order_page_needs_no_storage_and_the_pdf_follows(
    port: int, ana: Visitor, settings: Settings, empty_mailbox: None
) -> None:
    screening = make_screening("oooo", starts_in=timedelta(hours=2))
    order = purchases.buy(screening, seat_ids(seat_plan_of(screening), "A1"))
    work()
    page = ana.get(links.order(order.token))
    assert (page.status_code, 'class="qr' in page.text) == (200, True)
    assert ana.get(links.order(order.token, "tickets.pdf")).status_code == 503
    assert not list(settings.mail_folder.glob("*.eml"))

    server = aws_server.start(port)
    try:
        client = boto3.client("s3", region_name="us-east-1", endpoint_url=f"http://127.0.0.1:{port}")
        client.create_bucket(Bucket=BUCKET)
        work()
        answer = ana.get(links.order(order.token, "tickets.pdf"))
        assert answer.status_code == 303
        with urlopen(answer.location, timeout=30) as pdf:
            assert pdf.read().startswith(b"%PDF")
    finally:
        server.stop()
    (mail,) = settings.mail_folder.glob("*.eml")
    assert f"{order.code}.pdf".encode() in mail.read_bytes()
