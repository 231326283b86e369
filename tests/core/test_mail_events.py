"""Events of SES are read as they come, and anything else becomes no message: it goes to the dead letters."""

from __future__ import annotations

import json
from typing import Any

import pytest

from app.core import codes, mail_events
from tests.core.mail_event_bodies import bounce, complaint, enveloped

BROKEN: tuple[dict[str, Any], ...] = ({"bounce": None}, {"bounce": {}}, {"mail": {}}, {"mail": 1})
NESTED = enveloped(enveloped(bounce()))
UNREADABLE = (
    "",
    "hello",
    "null",
    "7",
    "[]",
    "{}",
    "[" * 100_000,
    '{"Type": "Notification"}',
    '{"Type": "Notification", "Message": {}}',
    NESTED,
    enveloped("hello"),
    *(json.dumps(bounce() | change) for change in BROKEN),
    json.dumps(bounce(at="yesterday")),
    json.dumps(bounce(at="0001-01-01T00:00:00+14:00")),
    json.dumps(bounce("no address")),
    json.dumps(bounce("a\x00@b.example")),
    json.dumps(bounce("\ud800@b.example")),
    json.dumps(bounce() | {"mail": {"destination": ["a@b.example", "c@d.example"]}}),
)
WITHOUT_EFFECT = (
    "Successfully validated SNS topic for Amazon SES event publishing.",
    enveloped("Successfully validated SNS topic for Amazon SES event publishing."),
    '{"notificationType": "AmazonSnsSubscriptionSucceeded", "message": "You have successfully subscribed."}',
    '{"eventType": "Delivery", "mail": {}}',
    json.dumps(complaint(kind="not-spam")),
)


@pytest.mark.parametrize("wrap", [json.dumps, enveloped])
@pytest.mark.parametrize(
    ("event", "problem"),
    [(bounce(), "returned"), (bounce(kind="Transient"), "transient"), (complaint(), "complaint")],
)
def test_an_event_is_read_with_and_without_its_envelope(
    wrap: Any, event: dict[str, Any], problem: str
) -> None:
    found, again = mail_events.read(wrap(event)), mail_events.read(json.dumps(event))
    assert found is not None
    assert found == again, "a repeated event has the same id"
    message_id, message = found
    assert (message.problem, message.email) == (problem, "maria@exmplo.example")
    assert message.happened_at == "2026-11-24T23:30:00+00:00"
    assert codes.created_at(message_id) == 1_795_563_000.0


def test_two_events_have_two_ids() -> None:
    one, other = (mail_events.read(json.dumps(bounce(feedback_id=name))) for name in ("a", "b"))
    assert one is not None
    assert other is not None
    assert one[0] != other[0]


@pytest.mark.parametrize("body", WITHOUT_EFFECT)
def test_what_says_nothing_of_a_mail_has_no_effect(body: str) -> None:
    found = mail_events.read(body)
    assert found is not None
    assert found[1].problem == "other"


@pytest.mark.parametrize("body", UNREADABLE, ids=[str(number) for number in range(len(UNREADABLE))])
def test_what_is_no_event_is_refused(body: str) -> None:
    assert mail_events.read(body) is None
