"""Write an auditorium with its zones and seats, for the demo and for the import."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from sqlalchemy import tuple_, update
from sqlalchemy.dialects.postgresql import insert

from app.core import db
from app.events.auditorium_plans import PlannedSeat, not_for_sale
from app.events.models import AuditoriumRow, SeatRow, ZoneRow


def write_auditorium(
    cinema_id: int,
    label: str,
    name: str,
    paper_colour: str,
    seats: Sequence[PlannedSeat],
    zone_names: Mapping[str, tuple[str, str]],
) -> int:
    """Insert an auditorium with its zones and seats; return its id. `zone_names`: Portuguese, English by code."""
    values = {
        "cinema_id": cinema_id,
        "label": label,
        "name": name,
        "paper_colour": paper_colour,
        "capacity": capacity_of(seats),
    }
    statement = insert(AuditoriumRow).values(values).returning(AuditoriumRow.id)
    room_id = db.session().execute(statement).scalar_one()
    zones = write_zones(room_id, [seat.zone for seat in seats], zone_names)
    write_seats(room_id, seats, zones)
    return room_id


def capacity_of(seats: Sequence[PlannedSeat]) -> int:
    """Return the number of places for sale."""
    return sum(seat.for_sale for seat in seats)


def write_for_sale(auditorium_id: int, seats: Sequence[PlannedSeat]) -> None:
    """Update which seats of an auditorium are for sale; seats are matched by row and column."""
    closed = tuple_(SeatRow.row_index, SeatRow.column).in_(sorted(not_for_sale(seats)))
    here = update(SeatRow).where(SeatRow.auditorium_id == auditorium_id)
    db.session().execute(here.where(SeatRow.for_sale == closed).values(for_sale=~closed))


def write_zones(
    auditorium_id: int, codes: Sequence[str], names: Mapping[str, tuple[str, str]]
) -> dict[str, int]:
    """Insert each zone of `codes` once, in order; return their ids by code."""
    wanted = list(dict.fromkeys(codes))
    values = [
        {
            "auditorium_id": auditorium_id,
            "code": code,
            "name": names.get(code, (code, code))[0],
            "name_en": names.get(code, (code, code))[1],
            "position": position,
        }
        for position, code in enumerate(wanted)
    ]
    rows = db.session().execute(insert(ZoneRow).values(values).returning(ZoneRow.id, ZoneRow.code))
    return {row.code: row.id for row in rows}


def write_seats(auditorium_id: int, seats: Sequence[PlannedSeat], zones: Mapping[str, int]) -> None:
    values = [
        {
            "auditorium_id": auditorium_id,
            "row_label": seat.row_label,
            "row_index": seat.row_index,
            "number": seat.number,
            "column": seat.column,
            "width": seat.width,
            "kind": seat.kind,
            "zone_id": zones[seat.zone],
            "section": seat.section,
            "for_sale": seat.for_sale,
        }
        for seat in seats
    ]
    session = db.session()
    written = session.execute(
        insert(SeatRow).values(values).returning(SeatRow.id, SeatRow.row_index, SeatRow.column)
    )
    ids = {(row.row_index, row.column): row.id for row in written}
    for seat in seats:
        if seat.companion_of is not None:
            session.execute(
                update(SeatRow)
                .where(SeatRow.id == ids[seat.row_index, seat.column])
                .values(companion_of=ids[seat.row_index, seat.companion_of])
            )
