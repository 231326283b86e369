"""The forms of orders, payments and tickets in the API."""

from __future__ import annotations

from typing import ClassVar

from marshmallow import Schema, fields, validate

from app.api.json_fields import TrueOrFalse, WholeNumber
from app.api.programme_schemas import CENTAVOS
from app.core.half_price import KINDS

TYPES = ("full", "half")


class NewOrderSchema(Schema):
    EXAMPLE: ClassVar[dict[str, object]] = {"screening": 12, "quantity": 2}

    screening = WholeNumber(least=1, required=True)
    seats = fields.List(
        WholeNumber(least=1),
        load_default=None,
        validate=validate.Length(1, 100),
        metadata={"description": "ids of seats; or leave it out and give `quantity`"},
    )
    quantity = WholeNumber(
        load_default=None, metadata={"description": "the best so many seats together, instead of `seats`"}
    )


class SeatsSchema(Schema):
    EXAMPLE: ClassVar[dict[str, object]] = {"seats": [301, 302]}

    seats = fields.List(
        WholeNumber(least=1),
        required=True,
        validate=validate.Length(1, 100),
        metadata={"description": "ids of all seats that the order shall have"},
    )


class SeatTypeSchema(Schema):
    seat = WholeNumber(required=True)
    type = fields.String(required=True, validate=validate.OneOf(TYPES))
    half_kind = fields.String(
        load_default=None,
        allow_none=True,
        validate=validate.OneOf(sorted(KINDS)),
        metadata={"description": "why this seat pays half; the door asks for the proof"},
    )


class TypesSchema(Schema):
    EXAMPLE: ClassVar[dict[str, object]] = {
        "seats": [{"seat": 301, "type": "full"}, {"seat": 302, "type": "half", "half_kind": "student"}],
        "age_confirmed": True,
    }

    seats = fields.List(fields.Nested(SeatTypeSchema), required=True, validate=validate.Length(1, 100))
    age_confirmed = TrueOrFalse(
        load_default=False, metadata={"description": "the buyer has confirmed the age rating, from 14 up"}
    )


class ChosenProductSchema(Schema):
    product = WholeNumber(required=True)
    quantity = WholeNumber(required=True)


class ConcessionsSchema(Schema):
    EXAMPLE: ClassVar[dict[str, object]] = {"items": [{"product": 4, "quantity": 1}]}

    items = fields.List(fields.Nested(ChosenProductSchema), required=True, validate=validate.Length(max=100))


class NewPaymentSchema(Schema):
    EXAMPLE: ClassVar[dict[str, object]] = {
        "name": "Ana Lima",
        "email": "ana@example.org",
        "method": "pix",
        "total": 7600,
    }

    name = fields.String(
        required=True, validate=validate.Length(max=400), metadata={"description": "of the buyer"}
    )
    email = fields.String(
        required=True, validate=validate.Length(max=400), metadata={"description": "gets the tickets"}
    )
    cpf = fields.String(
        load_default="", validate=validate.Length(max=40), metadata={"description": "may be left out"}
    )
    method = fields.String(required=True, validate=validate.OneOf(("pix", "card")))
    total = WholeNumber(
        required=True,
        metadata={"description": "in centavos, as the buyer was shown it; 409 if it has changed"},
    )


class OrderSeatSchema(Schema):
    seat = fields.Integer(attribute="seat_id")
    name = fields.String()
    type = fields.String(attribute="ticket_type", validate=validate.OneOf(TYPES))
    half_kind = fields.String(allow_none=True)
    full_price = fields.Integer(metadata=CENTAVOS)
    price = fields.Integer(metadata=CENTAVOS)


class OrderItemSchema(Schema):
    product = fields.Integer(attribute="product_id")
    name = fields.String()
    name_en = fields.String()
    quantity = fields.Integer()
    unit_price = fields.Integer(metadata=CENTAVOS)


class OrderSchema(Schema):
    token = fields.String(
        metadata={"description": "keep it secret: it is enough to act on an order that a guest began"}
    )
    code = fields.String(metadata={"description": "for people to read out"})
    state = fields.String(
        metadata={
            "description": "`draft`, `awaiting_payment`, `paid`, `expired`, `cancelled`, `refunded`, `reseat_offered`"
        }
    )
    screening = fields.Integer(attribute="screening.id")
    seats = fields.List(fields.Nested(OrderSeatSchema))
    items = fields.List(fields.Nested(OrderItemSchema))
    total = fields.Integer(metadata=CENTAVOS)
    deadline = fields.AwareDateTime(
        format="iso", metadata={"description": "an unpaid order ends then, and its seats are free"}
    )
    read_at = fields.AwareDateTime(format="iso", metadata={"description": "compare the deadline with it"})
    extensions_left = fields.Integer(metadata={"description": "how often the deadline can still be moved"})
    types_chosen = fields.Boolean()
    age_notice = fields.Boolean(
        attribute="needs_age_notice", metadata={"description": "the buyer has to confirm the age rating"}
    )


class ChargeSchema(Schema):
    id = fields.UUID()
    method = fields.String()
    amount = fields.Integer(metadata=CENTAVOS)
    state = fields.String(
        metadata={"description": "`created`, `pending`, `confirmed`, `failed`, `unknown`, `cancelling`, …"}
    )
    expires_at = fields.AwareDateTime(format="iso")
    pix_code = fields.String(
        allow_none=True, metadata={"description": "Pix Copia e Cola, once the bank has answered"}
    )
    card_page = fields.String(
        attribute="redirect_url",
        allow_none=True,
        metadata={"description": "where the buyer types the card in"},
    )
    failure = fields.String(allow_none=True)


class PaymentsSchema(Schema):
    items = fields.List(fields.Nested(ChargeSchema))


class TicketSchema(Schema):
    serial = fields.String()
    code = fields.String(metadata={"description": "ten characters, for typing at the door"})
    qr_text = fields.String(metadata={"description": "the content of the QR code"})
    state = fields.String(metadata={"description": "`valid`, `admitted`, `outside`, `revoked`"})
    seat = fields.Integer(attribute="seat_id")
    seat_name = fields.String()
    type = fields.String(attribute="ticket_type")
    half_kind = fields.String(allow_none=True)
    price = fields.Integer(metadata=CENTAVOS)


class TicketsSchema(Schema):
    items = fields.List(fields.Nested(TicketSchema))
