"""The form of the seat map: the ticked seats, or a quantity."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from flask import request

from app.core.errors import Invalid

MAX_DIGITS = 9
MAX_CHECKBOXES = 500  # No auditorium has as many seats to tick; a longer form was made by a program.


@dataclass(frozen=True, slots=True)
class SeatForm:
    """The seats that the form names, or how many together.

    `kept` is True when the customer keeps the seats although a single one stays free beside them. `once` is the
    once-token.
    """

    seat_ids: tuple[int, ...] = ()
    quantity: int | None = None
    kept: bool = False
    once: str = ""


def parse_seat_form(*, with_quantity: bool = True) -> SeatForm:
    """The form of this request. Raises Invalid for a seat or quantity that is not a number."""
    form = request.form
    values = form.get("instead", "").split(",") if form.get("instead") else form.getlist("seat")
    if values or not with_quantity or "quantity" not in form:
        return SeatForm(seat_ids=_seat_ids(values), kept="keep" in form, once=form.get("once", ""))
    return SeatForm(quantity=parse_quantity(form.get("quantity", "")), once=form.get("once", ""))


def _seat_ids(values: Sequence[str]) -> tuple[int, ...]:
    """The ids in the form's values: `12` is a seat, `12-13` the two places of a love seat."""
    if len(values) > MAX_CHECKBOXES:
        raise Invalid("seats.too_many", "seat")
    parts = [part for value in values for part in value.split("-", 2)]
    if not all(part.isascii() and part.isdigit() and len(part) <= MAX_DIGITS for part in parts):
        raise Invalid("seats.unknown", "seat")
    return tuple(int(part) for part in parts)


def parse_quantity(text: str) -> int:
    """The number of seats that was typed. Raises Invalid `quantity.range` if it is not a number."""
    text = text.strip()
    if not (text.isascii() and text.isdigit() and len(text) <= MAX_DIGITS):
        raise Invalid("quantity.range", "quantity")
    return int(text)
