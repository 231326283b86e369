"""The seats of a screening, with their state at this moment."""

from __future__ import annotations

from typing import Any

from marshmallow import Schema, fields, validate

from app.api.resource import Resource
from app.events import service as events
from app.reservations import service as reservations

SERVICE, PATH = "reservations", "/screenings"
blueprint = Resource("seats", about="The seats of a screening and their state")


class SeatSchema(Schema):
    id = fields.Integer()
    name = fields.String(metadata={"description": "unique in the auditorium: `F7`, `Balcão 1-5`"})
    section = fields.String()
    row = fields.String()
    number = fields.String()
    row_index = fields.Integer(metadata={"description": "position of the row, from the screen back"})
    column = fields.Integer(metadata={"description": "position in the row; aisles are gaps"})
    width = fields.Integer(metadata={"description": "columns that the seat takes"})
    kind = fields.String(metadata={"description": "`standard`, `wheelchair`, `companion`, `love`, …"})
    zone = fields.String(metadata={"description": "price zone"})
    love_seat_partner = fields.Integer(
        allow_none=True, metadata={"description": "the seat that can only be taken together with this one"}
    )
    state = fields.String(validate=validate.OneOf(("free", "held", "taken")))
    held_until = fields.AwareDateTime(
        format="iso",
        allow_none=True,
        metadata={"description": "when a held seat is free again at the latest"},
    )


class SeatMapSchema(Schema):
    screening = fields.Integer()
    read_at = fields.AwareDateTime(format="iso", metadata={"description": "the moment of these states"})
    seats = fields.List(fields.Nested(SeatSchema))


@blueprint.get("/<int:screening_id>/seats")
@blueprint.response(200, SeatMapSchema)
@blueprint.doc(operationId="readSeats")
def seats(screening_id: int) -> object:
    """Read the seats of a screening

    A free seat may be lost until it is ordered: only an order holds it.
    """
    screening = events.screening(screening_id)
    plan = events.seat_plan(screening.auditorium_id)
    states = reservations.seat_states(screening_id)
    found = []
    for seat in plan.seats:
        until = states.get(seat.id)
        taken = {"state": "held" if until else "taken", "held_until": until} if seat.id in states else _FREE
        found.append(
            {
                "id": seat.id,
                "name": seat.name,
                "section": seat.section,
                "row": seat.row_label,
                "number": seat.number,
                "row_index": seat.row_index,
                "column": seat.column,
                "width": seat.width,
                "kind": seat.kind,
                "zone": seat.zone_code,
                "love_seat_partner": plan.love_seat_partners.get(seat.id),
                **taken,
            }
        )
    return {"screening": screening_id, "read_at": events.now(), "seats": found}


_FREE: dict[str, Any] = {"state": "free", "held_until": None}
