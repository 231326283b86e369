"""Spans and metrics of a purchase, as a collector receives them; and that nothing happens without an endpoint."""

from __future__ import annotations

import json
import logging
import subprocess
import sys
import time
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import text
from sqlalchemy.exc import IntegrityError

from app.adapters import otlp, psp
from app.adapters.identity.hosted import HostedSignIn, ProviderUnavailable, Registration
from app.adapters.identity.signing_keys import SigningKeys
from app.core import config, db, metrics, telemetry, trace, worker
from app.core.config import Settings
from app.dispatch import routes
from app.payments import providers
from app.payments import service as payments
from tests.adapters import identity_provider
from tests.adapters.identity_provider import ISSUER, Provider
from tests.core.otlp_receiver import Collector, collector
from tests.live_server import LiveServer
from tests.orders import purchases
from tests.reservations.auditoriums import make_screening
from tests.shop.visitor import Visitor, order_at
from tests.users import webhook_receiver
from tests.users.webhook_receiver import receiving

ROOT = Path(__file__).resolve().parents[2]
TRACE = "4bf92f3577b34da6a3ce929d0e0e4736"
CLIENT, CONSUMER, FAILED = 3, 5, 2  # kinds of spans, and a status
NAME, EMAIL, CPF = "Ana Quintela", "ana.quintela@example.org", "529.982.247-25"


def exporter(address: str, share: float = 1.0, send_seconds: float = 5.0) -> otlp.Exporter:
    return otlp.Exporter(
        address,
        service="bilheteria",
        attributes={},
        share=share,
        buckets=metrics.SECONDS,
        make_position=trace.Position,
        metric_seconds=600,
        send_seconds=send_seconds,
    )


@contextmanager
def recording(address: str, share: float = 1.0) -> Iterator[None]:
    """Record to a collector; at the end all is sent, once: on a busy machine too no answer comes after the limit."""
    made = exporter(address, share, send_seconds=60)
    made.watch_statements(db.engines())
    made.watch_aws()
    telemetry.use(made, db.after_commit)
    try:
        yield
    finally:
        telemetry.stop(60)


@pytest.fixture
def received() -> Iterator[Collector]:
    with collector() as one, trace.continued({}):
        yield one


def work() -> None:
    """Handle all messages that are due, of all services."""
    while worker.drain(routes()):
        pass


def webhook(visitor: Visitor) -> None:
    """Deliver the bank's webhooks by HTTP."""
    for sent in payments.sandbox().notifications():
        answer = visitor.client.post("/webhooks/sandbox", data=sent.body, headers=sent.headers)
        assert answer.status_code == 200
        payments.sandbox().delivered(sent.id)


@pytest.fixture
def bought(app: Flask, received: Collector) -> tuple[Collector, str]:
    """What a collector received of a purchase, and the path of its order."""
    screening, visitor = make_screening("oooooooooo", "vvvv"), Visitor(app)
    with recording(received.address):
        path = visitor.start(screening, "A4 A5")
        visitor.choose_full(path)
        visitor.check_out(path, name=NAME, email=EMAIL, cpf=CPF)
        work()
        purchases.bank().pay(purchases.charge_id(order_at(path)))
        webhook(visitor)
        work()
        assert purchases.valid_tickets(order_at(path)) == ["A4", "A5"]
    return received, path


def tree(spans: list[Any], root: Any) -> list[Any]:
    """The names below a span, without statements, as nested lists."""
    children = sorted(
        (one for one in spans if one.parent_span_id == root.span_id and one.trace_id == root.trace_id),
        key=lambda one: one.start_time_unix_nano,
    )
    return [[one.name, *tree(spans, one)] for one in children if not is_statement(one)]


def is_statement(span: Any) -> bool:
    return any(one.key == "db.statement" for one in span.attributes)


def attributes(span: Any) -> dict[str, Any]:
    return {one.key: getattr(one.value, one.value.WhichOneof("value")) for one in span.attributes}


def named(spans: list[Any], name: str) -> Any:
    (found,) = [one for one in spans if one.name == name]
    return found


def test_a_purchase(bought: tuple[Collector, str]) -> None:
    """One trace goes from the page to the bank's charge, one from the bank's webhook to PDF and mail."""
    got, path = bought
    spans = got.spans
    checkout = named(spans, "POST /orders/<token>/checkout")
    assert tree(spans, checkout) == [["handle ChargeRequested", ["create the charge"]]]
    paid = named(spans, "POST /webhooks/<provider>")
    mail = ["handle TicketsReady", ["send the mail"]]
    pdf = ["handle OrderPaid", ["render the PDF"], ["store the PDF"], mail]
    assert tree(spans, paid) == [
        ["handle ProviderHinted", ["fetch the charge"], ["handle PaymentReceived", pdf]]
    ]
    assert {one.kind for one in spans if one.name.startswith("handle ")} == {CONSUMER}
    calls = [named(spans, name) for name in ("create the charge", "fetch the charge", "send the mail")]
    assert {one.kind for one in calls} == {CLIENT}
    assert [attributes(one).get("outcome") for one in calls] == ["pending", "paid", None]
    assert any(is_statement(one) and one.parent_span_id == checkout.span_id for one in spans)
    ids = {one.span_id for one in spans}
    lost = [one.name for one in spans if one.parent_span_id and one.parent_span_id not in ids]
    assert lost == [], "each parent was sent"
    everything = b"".join(body for _, body in got.requests).decode("latin-1")
    token, order = path.rsplit("/", 1)[-1], order_at(path)
    for secret in (token, NAME, EMAIL, CPF, CPF.replace(".", "").replace("-", ""), order.code):
        assert secret not in everything
    found = got.series()
    expected = {
        ("bilheteria.holds", ("web", "held")): 1,
        ("bilheteria.orders", ("start",)): 1,
        ("bilheteria.orders", ("start_payment",)): 1,
        ("bilheteria.orders", ("settle",)): 1,
        ("bilheteria.tickets", ()): 2,
        ("bilheteria.charges", ("request",)): 1,
        ("bilheteria.charges", ("accepted",)): 1,
        ("bilheteria.charges", ("paid",)): 1,
        ("bilheteria.pdf.duration", ()): 1,
        ("bilheteria.messages", ("tickets", "OrderPaid", "done")): 1,
        ("bilheteria.message.duration", ("users", "TicketsReady")): 1,
        ("bilheteria.message.wait", ("tickets", "OrderPaid")): 1,
        ("http.server.request.duration", ("POST", "/orders/<token>/checkout", "3xx")): 1,
    }
    assert {key: found.get(key) for key in expected} == expected
    known = {one.name: one for one in metrics.ALL}
    for metric in got.metrics():
        data = getattr(metric, metric.WhichOneof("data"))
        labels = {one.key for point in data.data_points for one in point.attributes}
        assert labels == set(known[metric.name].labels), metric.name
        assert metric.unit == known[metric.name].unit


def test_calls_of_other_servers(database: str, settings: Settings, received: Collector) -> None:
    """Each is a span with its outcome, and has neither an address nor an id."""
    config.use(settings.changed(webhooks={"loopback": True}))
    with identity_provider.running() as provider, receiving() as receiver, recording(received.address):
        receiver.answer(500)
        webhook_receiver.work()
        with telemetry.span("page", "server"):
            ask_other_servers(provider)
    calls = {
        one.name: (one.status.code == FAILED, attributes(one)) for one in received.spans if one.kind == CLIENT
    }
    assert {name: call for name, call in calls.items() if "db.statement" not in call[1]} == {
        "send the webhook": (True, {"event": "webhook.ping", "attempt": 1, "http.response.status_code": 500}),
        "fetch the signing keys": (False, {}),
        "fetch the discovery document": (False, {}),
        "exchange the code of the sign-in": (True, {"error.type": "ProviderUnavailable"}),
        "cancel the charge": (True, {"provider": "sandbox", "error.type": "UnknownCharge"}),
        "refund the payment": (True, {"provider": "sandbox", "error.type": "Unreachable"}),
    }


def ask_other_servers(provider: Provider) -> None:
    """Fetch keys, sign in by a provider that refuses the code, and ask a bank for what it does not know or answer."""
    keys = SigningKeys(provider.address, calls=telemetry.call)
    assert keys.key("first")
    endpoints = dict.fromkeys(("authorization_endpoint", "token_endpoint"), provider.address)
    provider.document = json.dumps({"issuer": ISSUER, **endpoints}).encode()
    client = Registration(ISSUER, provider.address, "client", "")
    with pytest.raises(ProviderUnavailable):
        HostedSignIn(client, keys, calls=telemetry.call).finish("code", ISSUER, "", "", datetime.now(UTC))
    bank = providers.provider("sandbox")
    with pytest.raises(psp.UnknownCharge):
        bank.cancel("0" * 32)
    purchases.bank().start_outage(60)
    with pytest.raises(psp.Unreachable):
        bank.refund(psp.RefundRequest("0" * 32, "0" * 32, "E1", 100))


def test_a_request_continues_its_trace(app: Flask, received: Collector) -> None:
    """Its headers decide about sampling; without a decision the share counts."""
    asked = {
        f"Root=1-{TRACE[:8]}-{TRACE[8:]}": 0,
        f"Root=1-{TRACE[:8]}-{TRACE[8:]};Parent=00f067aa0ba902b7;Sampled=0": 0,
        f"Root=1-{TRACE[:8]}-{TRACE[8:]};Parent=00f067aa0ba902b7;Sampled=1": 1,
    }
    client = app.test_client()
    with recording(received.address, share=0.0):
        for header in asked:
            client.get("/privacy", headers={"X-Amzn-Trace-Id": header})
        client.get("/privacy", headers={"traceparent": f"00-{TRACE}-00f067aa0ba902b7-00"})
        client.get("/privacy", headers={"traceparent": f"00-{TRACE}-00f067aa0ba902b7-01"})
    spans = [one for one in received.spans if not is_statement(one)]
    assert [one.name for one in spans] == ["GET /privacy"] * 2
    assert {(one.trace_id.hex(), one.parent_span_id.hex()) for one in spans} == {(TRACE, "00f067aa0ba902b7")}
    (one,) = [one for key, one in received.series().items() if key[0] == "http.server.request.duration"]
    assert one == 5, "metrics count all"


def test_the_first_span_has_the_id_of_the_log(received: Collector) -> None:
    with recording(received.address), trace.continued({}):
        trace.begin_request()
        before = trace.trace_id.get()
        with telemetry.span("page", "server"):
            assert trace.trace_id.get() == before
            carried = trace.attributes()["traceparent"]
    (span,) = received.spans
    assert carried == f"00-{before}-{span.span_id.hex()}-01"
    assert (span.trace_id.hex(), span.parent_span_id) == (before, b"")


def test_a_failure_is_sent_without_being_sampled(database: str, received: Collector) -> None:
    """Without the text of the error, which can contain a value."""
    with recording(received.address, share=0.0):
        for name in ("fails", "works"):
            try:
                with telemetry.span(name, "server"), db.transaction() as session:
                    session.execute(text("select 1"))
                    if name == "fails":
                        raise LookupError(EMAIL)
            except LookupError:
                pass
    assert [one.name for one in received.spans] == ["fails"]
    assert EMAIL.encode() not in b"".join(body for _, body in received.requests)


def test_a_failed_statement_is_sent_without_its_values(database: str, received: Collector) -> None:
    insert = text("insert into core.throttle (bucket, hits) values (:bucket, 1)")
    with (
        recording(received.address),
        pytest.raises(IntegrityError),
        telemetry.span("page", "server"),
        db.transaction() as session,
    ):
        for _ in range(2):
            session.execute(insert, {"bucket": EMAIL})
    assert [one.status.code for one in received.spans if is_statement(one)].count(FAILED) == 1
    assert EMAIL.encode() not in b"".join(body for _, body in received.requests)


def test_nothing_waits_for_a_collector_that_is_away(caplog: pytest.LogCaptureFixture) -> None:
    """One line is logged, however often sending fails."""
    with caplog.at_level(logging.INFO), collector() as gone:
        pass
    made = exporter(gone.address, send_seconds=0.1)
    telemetry.use(made, db.after_commit)
    try:
        for _ in range(2):
            with telemetry.span("page", "server"):
                telemetry.record(metrics.PDF_DURATION, 0.1)
            made._traces.force_flush()
    finally:
        telemetry.stop(0.1)
    lines = [
        one.getMessage() for one in caplog.records if "lost" in vars(one) and vars(one)["lost"] == "spans"
    ]
    assert lines == ["the collector does not answer; nothing waits for it"]


LOADED = """
import json, sys
from app import create_app
from app.core import telemetry, telemetry_start
create_app()
telemetry_start.load()
telemetry_start.start("web")
import app.core.worker, app.core.relay
print(json.dumps([telemetry.is_on(), sorted({name.split(".")[0] for name in sys.modules})]))
"""


def test_nothing_is_loaded_without_an_endpoint(database: str, tmp_path: Path) -> None:
    env = {"DATABASE_URL": database, "BILHETERIA_VAR": str(tmp_path)}
    done = subprocess.run([sys.executable, "-c", LOADED], cwd=ROOT, env=env, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    is_on, loaded = json.loads(done.stdout)
    assert not is_on
    assert {"opentelemetry", "google", "requests", "wrapt"}.isdisjoint(loaded)


def test_a_web_process_sends_what_is_left_at_its_end(
    make_live_server: Callable[..., LiveServer], received: Collector
) -> None:
    """gunicorn forks its workers, and gevent replaces their threads."""
    server = make_live_server(
        demo=False,
        running=False,
        WEB_WORKERS="1",
        OTEL_EXPORTER_OTLP_ENDPOINT=received.address,
        OTEL_METRIC_EXPORT_INTERVAL="600000",
        OTEL_BSP_SCHEDULE_DELAY="600000",
        BILHETERIA_TRACES_PERCENT="100",
    )
    server.start_web()
    with urllib.request.urlopen(f"{server.url}/privacy", timeout=30) as answer:
        assert answer.status == 200
    time.sleep(0.3)  # the signal comes while the event loop waits for requests
    server.stop()
    assert "exited with code" not in server.web_log.read_text(), "it did not end in order"
    assert "GET /privacy" in {one.name for one in received.spans}, server.web_log.read_text()
    assert ("http.server.request.duration", ("GET", "/privacy", "2xx")) in received.series()
