"""The forms of cancellations, refunds and offers of other seats in the API."""

from __future__ import annotations

from typing import ClassVar

from marshmallow import Schema, fields, validate

from app.api.json_fields import WholeNumber
from app.api.programme_schemas import CENTAVOS


class CancellationSchema(Schema):
    EXAMPLE: ClassVar[dict[str, object]] = {"refund": 7600}

    refund = WholeNumber(
        least=0,
        required=True,
        metadata={"description": "in centavos, as the buyer was shown it; 409 if it is another by now"},
    )


class ReseatSchema(Schema):
    seats = fields.List(fields.String(), metadata={"description": "names of the offered seats"})
    until = fields.AwareDateTime(format="iso")


class AnswerSchema(Schema):
    EXAMPLE: ClassVar[dict[str, object]] = {"answer": "seats"}

    answer = fields.String(
        required=True,
        validate=validate.OneOf(("seats", "money")),
        metadata={"description": "`seats`: the order is paid with them; `money`: it is refunded"},
    )


class RefundSchema(Schema):
    id = fields.UUID()
    amount = fields.Integer(metadata=CENTAVOS)
    state = fields.String(
        metadata={
            "description": "`refund_pending`, `refunded`, or `refund_failed`: then the cinema looks at it"
        }
    )
    created_at = fields.AwareDateTime(format="iso")
    ended_at = fields.AwareDateTime(
        format="iso", allow_none=True, metadata={"description": "when the bank gave it back or refused to"}
    )


class RefundsSchema(Schema):
    items = fields.List(fields.Nested(RefundSchema))
