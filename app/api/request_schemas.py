"""The forms of requests for seats in the API."""

from __future__ import annotations

from typing import ClassVar

from marshmallow import Schema, fields, validate

from app.api.json_fields import WholeNumber
from app.api.programme_schemas import CENTAVOS

STATES = ("open", "waiting", "offered", "reserved", "expired", "cancelled")


class WaitSchema(Schema):
    EXAMPLE: ClassVar[dict[str, object]] = {"quantity": 2, "email": "ana@example.org"}

    quantity = WholeNumber(least=1, most=1000, required=True, metadata={"description": "seats side by side"})
    email = fields.String(
        required=True,
        validate=validate.Length(max=400),
        metadata={"description": "gets a mail with the place in line, and one with the offer"},
    )


class NewRequestSchema(WaitSchema):
    EXAMPLE: ClassVar[dict[str, object]] = {
        "screening": 12,
        **WaitSchema.EXAMPLE,
    }

    screening = WholeNumber(least=1, required=True)


class OfferedSeatSchema(Schema):
    seat = fields.Integer()
    name = fields.String()
    full_price = fields.Integer(metadata=CENTAVOS)


class OfferSchema(Schema):
    seats = fields.List(fields.Nested(OfferedSeatSchema))
    until = fields.AwareDateTime(
        format="iso", metadata={"description": "the seats go to the next in line if nobody takes them"}
    )


class RequestSchema(Schema):
    token = fields.String(
        metadata={"description": "every client that has it may act on the request: keep it secret"}
    )
    screening = fields.Integer()
    quantity = fields.Integer()
    state = fields.String(
        validate=validate.OneOf(STATES),
        metadata={"description": "`offered` seats are held; the order made from them has `reserved` them"},
    )
    position = fields.Integer(
        allow_none=True, metadata={"description": "place in line while it is `waiting`, from 1"}
    )
    offer = fields.Nested(
        OfferSchema, allow_none=True, metadata={"description": "while the request is `offered`"}
    )
    read_at = fields.AwareDateTime(
        format="iso", metadata={"description": "compare the end of the offer with it"}
    )
