"""Auditoriums for the tests: seat plans in memory, and screenings with an auditorium in the database."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

from sqlalchemy import text

from app.core import cache, db
from app.events import service as events
from app.events.service import Screening, Seat, SeatPlan, Zone

TIMEZONE = "America/Recife"

KINDS = {"o": "standard", "w": "wheelchair", "c": "companion", "b": "wide", "l": "love", "v": "standard"}
KINDS["L"] = "love"


def draw_plan(*rows: str) -> SeatPlan:
    """A seat plan from text, one line for a row, front row first: o seat, v VIP seat, w c b l as in KINDS, . aisle.

    LL is a love seat of two seats, the second the companion of the first; l is a love seat that is one wide seat.
    """
    seats: list[Seat] = []
    for row_index, drawing in enumerate(rows):
        column = number = 0
        label = chr(ord("A") + row_index)
        for place, sign in enumerate(drawing):
            kind = KINDS.get(sign)
            width = 2 if sign in "bl" else 1
            if kind is not None:
                number += 1
                zone = (2, "vip", "VIP") if sign == "v" else (1, "standard", "Sala")
                name = f"{label}{number}"
                second = sign == "L" and drawing[:place].count("L") % 2 == 1
                seats.append(
                    Seat(
                        (row_index + 1) * 100 + number,
                        label,
                        row_index,
                        str(number),
                        name,
                        column,
                        width,
                        kind,
                        *zone,
                        seats[-1].id if second else None,
                    )
                )
            column += width
    zones = [Zone(1, "standard", "Sala", "Room", 0), Zone(2, "vip", "VIP", "VIP", 1)]
    return SeatPlan.of(1, tuple(seats), zones)


def seat_names(room: SeatPlan, seats: tuple[int, ...] | None) -> str:
    return " ".join(room.by_id[seat_id].name for seat_id in seats or ())


def seat_ids(room: SeatPlan, text_: str) -> tuple[int, ...]:
    by_name = {seat.name: seat.id for seat in room.seats}
    return tuple(by_name[name] for name in text_.split())


def time_until(hour: int) -> timedelta:
    """From now until `hour` o'clock in two days, at the cinemas of `make_screening`."""
    now = datetime.now(ZoneInfo(TIMEZONE))
    return (now + timedelta(days=2)).replace(hour=hour, minute=10) - now


def make_screening(*rows: str, starts_in: timedelta = timedelta(hours=3), cutoff: int = 15) -> Screening:
    """A screening in a new auditorium of a new cinema, in the database that `core.db` is connected to."""
    drawn = draw_plan(*(rows or ("oooooooooo",)))
    with db.transaction() as session:

        def insert(statement: str, **values: object) -> int:
            return session.execute(text(f"{statement} returning id"), values).scalar_one()

        cinema = insert(
            "insert into events.cinemas (slug, name, address, city, timezone, sales_cutoff_minutes) values"
            " ('c' || nextval('events.cinemas_id_seq'), 'Lanterna', 'Rua 1', 'Recife', :timezone, :cutoff)",
            timezone=TIMEZONE,
            cutoff=cutoff,
        )
        room = insert(
            "insert into events.auditoriums (cinema_id, label, name, stock, capacity)"
            " values (:cinema, '2', 'Sala 2', 'green', :capacity)",
            cinema=cinema,
            capacity=len(drawn.seats),
        )
        zones = {
            zone.id: insert(
                "insert into events.zones (auditorium_id, code, name, position) values (:room, :code, :name, :place)",
                room=room,
                code=zone.code,
                name=zone.name,
                place=zone.position,
            )
            for zone in drawn.zones
        }
        written: dict[int | None, int | None] = {None: None}
        for seat in drawn.seats:
            written[seat.id] = insert(
                'insert into events.seats (auditorium_id, row_label, row_index, number, "column", width, kind, zone_id,'
                " companion_of) values (:room, :label, :row, :number, :col, :width, :kind, :zone, :companion)",
                room=room,
                label=seat.row_label,
                row=seat.row_index,
                number=seat.number,
                col=seat.column,
                width=seat.width,
                kind=seat.kind,
                zone=zones[seat.zone_id],
                companion=written[seat.companion_of],
            )
        film = insert(
            "insert into events.films (slug, title, original_title, year, director, duration_minutes, age_rating,"
            " poster) values ('f' || nextval('events.films_id_seq'), 'Metrópolis', 'Metropolis', 1927, 'Fritz Lang',"
            " 153, '12', 'metropolis')"
        )
        starts_at = datetime.now(UTC) + starts_in
        screening_id = insert(
            "insert into events.screenings (film_id, auditorium_id, starts_at, ends_at, version)"
            " values (:film, :room, :starts, :ends, 'subtitled')",
            film=film,
            room=room,
            starts=starts_at,
            ends=starts_at + timedelta(minutes=153),
        )
        for zone_id, price in zip(zones.values(), (3800, 4600), strict=True):
            session.execute(
                text("insert into events.screening_prices values (:screening, :zone, :price)"),
                {"screening": screening_id, "zone": zone_id, "price": price},
            )
        session.execute(text("update events.programme_version set version = version + 1"))
    cache.clear_all()
    with db.reading():
        return events.screening(screening_id)


def seat_plan_of(screening: Screening) -> SeatPlan:
    with db.reading():
        return events.seat_plan(screening.auditorium_id)


def rename_rows(screening: Screening, **rows: str) -> None:
    """Give rows other names: `name_rows(screening, A="1", B="11")`."""
    _write_seats(screening, "row_label = :value", rows)


def set_sections(screening: Screening, **rows: str) -> None:
    """Put rows into sections, all of them with rows of numbers: `name_sections(screening, A="Plateia", B="Balcão")`."""
    _write_seats(screening, "section = :value, row_label = '1'", rows)


def take_off_sale(screening: Screening, names: str) -> None:
    """Take these seats off sale, as an import does; they no longer count for the capacity."""
    off_sale = list(seat_ids(seat_plan_of(screening), names))
    with db.transaction() as session:
        session.execute(
            text("update events.seats set for_sale = false where id = any(:ids)"), {"ids": off_sale}
        )
        session.execute(
            text("update events.auditoriums set capacity = capacity - :some where id = :room"),
            {"some": len(off_sale), "room": screening.auditorium_id},
        )
    cache.clear_all()


def reload_screening(screening: Screening) -> Screening:
    """The screening, read again."""
    with db.reading():
        return events.screening(screening.id)


def _write_seats(screening: Screening, change: str, rows: dict[str, str]) -> None:
    of_row = {
        label: [seat.id for seat in seat_plan_of(screening).seats if seat.row_label == label]
        for label in rows
    }
    with db.transaction() as session:
        for label, value in rows.items():
            session.execute(
                text(f"update events.seats set {change} where id = any(:ids)"),
                {"value": value, "ids": of_row[label]},
            )
    cache.clear_all()
