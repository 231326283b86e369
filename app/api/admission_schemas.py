"""The forms of admissions in the API."""

from __future__ import annotations

from typing import ClassVar

from marshmallow import Schema, fields, validate

from app.api.json_fields import WholeNumber
from app.core.half_price import KINDS
from app.tickets.service import ACTIONS, MAX_GATE_LENGTH, MAX_NOTE_LENGTH, REASONS, VERDICTS, actions_on


class NewAdmissionSchema(Schema):
    EXAMPLE: ClassVar[dict[str, object]] = {
        "code": "K7QF-2M9-XRT",
        "nonce": "9b2f6a0c-7a52-4b34-9d5e-1f7f3a1f0c11",
        "screening": 12,
        "gate": "1",
    }

    code = fields.String(
        required=True,
        validate=validate.Length(1, 400),
        metadata={"description": "the QR code's text, or the ten characters below it"},
    )
    nonce = fields.UUID(
        required=True,
        metadata={"description": "random, new for each scan; a repeat gets the first answer for ten minutes"},
    )
    screening = WholeNumber(
        least=1,
        load_default=None,
        allow_none=True,
        metadata={
            "description": "the only one that is admitted here; without it, at a device, every open one of its cinema"
        },
    )
    gate = fields.String(
        load_default="",
        validate=validate.Length(max=MAX_GATE_LENGTH),
        metadata={"description": "its name; without it that of the device, or the auditorium"},
    )


class AdmittedTicketSchema(Schema):
    serial = fields.String()
    state = fields.String(metadata={"description": "`valid`, `admitted`, `outside`, `revoked`"})
    screening = fields.Integer(attribute="facts.screening_id")
    film = fields.String(attribute="facts.film_title", metadata={"description": "in Portuguese"})
    age_rating = fields.String(attribute="facts.age_rating")
    starts_at = fields.AwareDateTime(format="iso", attribute="facts.starts_at")
    auditorium = fields.String(attribute="facts.auditorium_name")
    seat = fields.Integer(attribute="seat_id")
    seat_name = fields.String()
    type = fields.String(attribute="ticket_type")
    half_kind = fields.String(
        allow_none=True,
        validate=validate.OneOf(sorted(KINDS)),
        metadata={"description": "ask for the proof of it"},
    )


class AdmissionSchema(Schema):
    id = fields.Integer(metadata={"description": "of the row in the log of the door"})
    admitted = fields.Boolean(metadata={"description": "open the gate only if it is true"})
    verdict = fields.String(validate=validate.OneOf(VERDICTS), metadata={"description": "why"})
    ticket = fields.Nested(
        AdmittedTicketSchema, allow_none=True, metadata={"description": "null if the code is of no ticket"}
    )
    admitted_at = fields.AwareDateTime(
        format="iso", allow_none=True, metadata={"description": "of `already`: when it was admitted before"}
    )
    gate = fields.String(
        allow_none=True, metadata={"description": "of `already`: where it was admitted before"}
    )
    order_size = fields.Integer(metadata={"description": "people of the ticket's order"})
    left_in_order = fields.Integer(metadata={"description": "people of the order who are still to come"})
    actions = fields.Function(
        actions_on,
        metadata={
            "type": "array",
            "items": {"type": "string", "enum": list(ACTIONS)},
            "description": "what a supervisor may decide about it",
        },
    )


class DecisionSchema(Schema):
    EXAMPLE: ClassVar[dict[str, object]] = {"action": "undo", "reason": "mistake"}

    action = fields.String(required=True, validate=validate.OneOf(ACTIONS))
    reason = fields.String(required=True, validate=validate.OneOf(REASONS))
    note = fields.String(
        load_default="",
        validate=validate.Length(max=MAX_NOTE_LENGTH),
        metadata={"description": "needed for the reason `other`"},
    )
