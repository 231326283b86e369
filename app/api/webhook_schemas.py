"""What the API takes and answers about webhooks."""

from __future__ import annotations

from typing import ClassVar

from marshmallow import Schema, fields, validate

from app.api.json_fields import TrueOrFalse
from app.api.lists import PageArguments
from app.core.partner_events import EVENTS

STATES = ("pending", "delivered", "failed")


def _events() -> fields.List:
    return fields.List(
        fields.String(validate=validate.OneOf(EVENTS)),
        required=True,
        validate=validate.Length(1, len(EVENTS)),
        metadata={"description": f"some of {', '.join(f'`{event}`' for event in EVENTS)}"},
    )


class NewWebhookSchema(Schema):
    EXAMPLE: ClassVar[dict[str, object]] = {
        "address": "https://hooks.example.org/bilheteria",
        "events": ["order.paid", "tickets.issued"],
    }

    address = fields.String(
        required=True, validate=validate.Length(1, 500), metadata={"description": "`https://host/path`"}
    )
    events = _events()


class ChangedWebhookSchema(Schema):
    EXAMPLE: ClassVar[dict[str, object]] = {"events": ["order.paid"], "paused": True}

    events = _events()
    paused = TrueOrFalse(
        required=True,
        metadata={"description": "false after a pause: the receiver gets a new ping first"},
    )


class WebhookSchema(Schema):
    id = fields.UUID()
    address = fields.String()
    events = fields.List(fields.String())
    state = fields.String(
        metadata={
            "description": "`unverified` (its ping has no good answer yet), `active`, `paused`, `disabled`"
        }
    )
    reason = fields.String(
        metadata={
            "description": "of a pause: `partner`, `cinema`, `gone` (the receiver answered 410), `not_verified`;"
            " why it was disabled: `failing` (no success for days), `secret` (make a new one)"
        }
    )
    created_at = fields.AwareDateTime(format="iso")
    former_secret_until = fields.AwareDateTime(
        format="iso", allow_none=True, metadata={"description": "the former secret signs too until then"}
    )
    failing_since = fields.AwareDateTime(
        format="iso", allow_none=True, metadata={"description": "no attempt has succeeded since then"}
    )


class WebhookSecretSchema(WebhookSchema):
    secret = fields.String(
        allow_none=True,
        metadata={"description": "shown once; null when the request is repeated with its Idempotency-Key"},
    )


class DeliveriesArguments(PageArguments):
    state = fields.String(
        load_default=None,
        validate=validate.OneOf(STATES),
        metadata={"description": "only those in this state"},
    )


class DeliverySchema(Schema):
    id = fields.UUID(attribute="event_id", metadata={"description": "the header `webhook-id`"})
    event = fields.String()
    state = fields.String(metadata={"description": "`pending`, `delivered`, `failed` (given up after a day)"})
    happened_at = fields.AwareDateTime(format="iso")
    attempts = fields.Integer()
    next_attempt_at = fields.AwareDateTime(format="iso", allow_none=True)
    ended_at = fields.AwareDateTime(format="iso", allow_none=True)


class AttemptSchema(Schema):
    number = fields.Integer()
    began_at = fields.AwareDateTime(format="iso")
    milliseconds = fields.Integer()
    status = fields.Integer(allow_none=True, metadata={"description": "null without an answer"})
    error = fields.String(
        metadata={
            "description": "without an answer: `address`, `unknown_host`, `not_public`, `not_reached`, `tls`, `cut`,"
            " `too_slow`, `unreadable`"
        }
    )
    answer = fields.String(metadata={"description": "the start of the answer, without personal data"})


class LoggedDeliverySchema(DeliverySchema):
    body = fields.String(metadata={"description": "what is posted"})
    log = fields.List(fields.Nested(AttemptSchema))


class NewReplaySchema(Schema):
    EXAMPLE: ClassVar[dict[str, object]] = {
        "since": "2026-12-05T00:00:00Z",
        "until": "2026-12-06T00:00:00Z",
    }

    since = fields.AwareDateTime(format="iso", required=True)
    until = fields.AwareDateTime(format="iso", required=True, metadata={"description": "not included"})


class ReplaySchema(Schema):
    replayed = fields.Integer(metadata={"description": "how many events are sent again"})
