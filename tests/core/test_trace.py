"""One trace from the request through the messages, on both queues; log lines with its id and without personal data."""

from __future__ import annotations

import json
import logging
from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager
from typing import Any

import pytest
from flask.testing import FlaskClient

from app.core import db, outbox, trace
from app.core.handling import Attempt, handle
from app.core.json_logs import JsonLines
from app.core.messages import Message, SeatsFreed
from tests.core.delivery_forms import FORMS, Form, lease_one

TRACE = "4bf92f3577b34da6a3ce929d0e0e4736"
TRACEPARENT = f"00-{TRACE}-00f067aa0ba902b7-01"


@pytest.fixture(params=FORMS)
def form(request: pytest.FixtureRequest, database: str) -> Iterator[Form]:
    opened: Callable[[], AbstractContextManager[Form]] = request.param
    with opened() as one:
        yield one


@pytest.fixture(autouse=True)
def _no_trace() -> Iterator[None]:
    with trace.continued({}):
        yield


def line(message: str = "", error: BaseException | None = None, **extra: object) -> dict[str, Any]:
    record = logging.makeLogRecord({"msg": message, "levelname": "INFO", **extra})
    if error is not None:
        record.exc_info = (type(error), error, error.__traceback__)
    read = json.loads(JsonLines().format(record))
    assert isinstance(read, dict)
    return read


def test_the_handler_of_a_message_is_in_the_trace_of_its_request(form: Form) -> None:
    trace.begin_request(TRACEPARENT)
    request = trace.request_id.get()
    form.send()
    seen: list[dict[str, Any]] = []
    published: list[Mapping[str, str]] = []

    def on_seats_freed(message: SeatsFreed, attempt: Attempt) -> None:
        seen.append(line())
        published.append(trace.attributes())

    routes: dict[tuple[str, type[Message]], Any] = {("reservations", SeatsFreed): on_seats_freed}
    with trace.continued({}):
        source = form.source()
        handle(lease_one(source), source, routes)
        assert "trace_id" not in line(), "the thread's next message is not in it"
    assert (seen[0]["trace_id"], seen[0]["request_id"]) == (TRACE, request)
    assert published[0]["traceparent"].split("-")[1] == TRACE, "what it publishes is in it too"


def test_a_dead_letter_that_is_put_back_is_in_its_trace(form: Form) -> None:
    trace.begin_request(TRACEPARENT)
    form.send()
    source = form.source()
    sent = lease_one(source).attributes
    form.pass_time(31)
    source.dead_letter(lease_one(source), error="no paper")
    assert form.dead_letters.put_back() == 1
    assert trace.carried_position(lease_one(source).attributes) == trace.carried_position(sent)
    assert trace.carried_position(sent).trace_id == TRACE


def test_a_message_outside_of_a_request_has_no_trace(database: str) -> None:
    with db.transaction() as session:
        outbox.publish(SeatsFreed(screening_id=1))
        assert session.query(outbox.OutboxRow).one().attributes == {}


@pytest.mark.parametrize(
    ("headers", "expected"),
    [
        ({"traceparent": TRACEPARENT}, TRACE),
        (
            {"X-Amzn-Trace-Id": "Self=1-2-3;Root=1-67891233-abcdef012345678912345678"},
            "67891233abcdef012345678912345678",
        ),
        ({"traceparent": TRACEPARENT.replace("4bf9", "4BF9")}, None),
        ({"traceparent": f"00-{'0' * 32}-00f067aa0ba902b7-01"}, None),
        ({"traceparent": TRACEPARENT + "\n"}, None),
        ({"X-Amzn-Trace-Id": "Root=1-6789-x"}, None),
        ({}, None),
    ],
)
def test_a_request_continues_the_trace_of_a_valid_header(
    headers: dict[str, str], expected: str | None
) -> None:
    trace.begin_request(headers.get("traceparent"), headers.get("X-Amzn-Trace-Id"))
    found = trace.trace_id.get()
    assert found == (expected or found)
    assert len(found) == 32
    assert found != TRACE or expected == TRACE


def test_the_line_of_a_request_has_both_ids(client: FlaskClient, caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.INFO, "bilheteria.web"):
        handler = logging.Handler()
        lines: list[dict[str, Any]] = []
        handler.emit = lambda record: lines.append(json.loads(JsonLines().format(record)))  # type: ignore[method-assign]
        logging.getLogger("bilheteria.web").addHandler(handler)
        try:
            answer = client.get("/privacy", headers={"traceparent": TRACEPARENT})
        finally:
            logging.getLogger("bilheteria.web").removeHandler(handler)
    (found,) = [one for one in lines if one["message"] == "request"]
    assert (found["trace_id"], found["request_id"]) == (TRACE, answer.headers["X-Request-Id"])


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("mail to ana.souza@example.org failed", "mail to …@… failed"),
        ("Key (email)=(ana@example.org) already exists", "Key (email)=(…@…) already exists"),
        ("CPF 529.982.247-25, 52998224725", "CPF …, …"),
        ("card 4111 1111 1111 1111 and 4111111111111111", "card … and …"),
        ("GET /orders/Zk3x_9-aQw8RtYuIoP12/tickets.pdf", "GET /orders/…/tickets.pdf"),
        ("order 12345678901, 1764457312345 ms", "order 12345678901, 1764457312345 ms"),
        ("id 01a226e5-7591-7179-aa10-44fbced62ecd at 2026-11-29T23:10:00", None),
    ],
)
def test_personal_data_is_masked_wherever_it_is_in_a_line(text: str, expected: str | None) -> None:
    expected = expected or text
    assert line(text)["message"] == expected
    assert line(error_text=text)["error_text"] == expected
    assert line(facts={"deep": [text]})["facts"] == {"deep": [expected]}
    assert line(cause=ValueError(text))["cause"] == expected
    with pytest.raises(ValueError) as caught:
        raise ValueError(text)
    assert line(error=caught.value)["traceback"].endswith(f"ValueError: {expected}")
