"""The tables of event-service: cinemas, auditoriums, seats, films, screenings, prices (schema `events`)."""

from __future__ import annotations

from datetime import datetime, timedelta

from sqlalchemy import (
    ARRAY,
    BigInteger,
    CheckConstraint,
    DateTime,
    ForeignKey,
    Integer,
    Interval,
    Text,
    UniqueConstraint,
    func,
    text,
)
from sqlalchemy import Index as TableIndex
from sqlalchemy.dialects.postgresql import ExcludeConstraint
from sqlalchemy.orm import Mapped, mapped_column

from app.core.db import Base

SCHEMA = "events"
PAPER_COLOURS = ("salmon", "green", "blue", "manila", "lilac")
SEAT_KINDS = ("standard", "wheelchair", "companion", "wide", "love")
AGE_RATINGS = ("L", "6", "10", "12", "14", "16", "18")
VERSIONS = ("dubbed", "subtitled", "original")
FORMATS = ("2D", "3D")


def _one_of(column: str, values: tuple[str, ...]) -> str:
    return f"{column} in ({', '.join(repr(value) for value in values)})"


class ProgrammeVersionRow(Base):
    """The only row counts the changes of the programme. Caches are valid while `version` stays the same."""

    __tablename__ = "programme_version"
    __table_args__ = (CheckConstraint("single", name="single"), {"schema": SCHEMA})

    single: Mapped[bool] = mapped_column(primary_key=True, server_default=text("true"))
    version: Mapped[int] = mapped_column(BigInteger, server_default=text("0"))


class CinemaRow(Base):
    """A site. Sales of a screening end `sales_cutoff_minutes` after its start (before it, when negative)."""

    __tablename__ = "cinemas"
    __table_args__ = {"schema": SCHEMA}

    id: Mapped[int] = mapped_column(Integer, primary_key=True)
    slug: Mapped[str] = mapped_column(Text, unique=True)
    name: Mapped[str] = mapped_column(Text)
    address: Mapped[str] = mapped_column(Text, server_default="")
    city: Mapped[str] = mapped_column(Text, server_default="")
    timezone: Mapped[str] = mapped_column(Text, server_default="America/Sao_Paulo")
    sales_cutoff_minutes: Mapped[int] = mapped_column(Integer, server_default=text("15"))
    position: Mapped[int] = mapped_column(Integer, server_default=text("0"))


class AuditoriumRow(Base):
    """An auditorium. `capacity` counts places for sale (two a love seat).

    `paper_colour` is the colour of its ticket paper; its column has the former name, so that no migration is needed.
    """

    __tablename__ = "auditoriums"
    __table_args__ = (
        UniqueConstraint("cinema_id", "label"),
        CheckConstraint(_one_of("stock", PAPER_COLOURS), name="stock"),
        {"schema": SCHEMA},
    )

    id: Mapped[int] = mapped_column(Integer, primary_key=True)
    cinema_id: Mapped[int] = mapped_column(ForeignKey("events.cinemas.id"))
    label: Mapped[str] = mapped_column(Text)
    name: Mapped[str] = mapped_column(Text)
    paper_colour: Mapped[str] = mapped_column("stock", Text)
    capacity: Mapped[int] = mapped_column(Integer, server_default=text("0"))


class ZoneRow(Base):
    __tablename__ = "zones"
    __table_args__ = (UniqueConstraint("auditorium_id", "code"), {"schema": SCHEMA})

    id: Mapped[int] = mapped_column(Integer, primary_key=True)
    auditorium_id: Mapped[int] = mapped_column(ForeignKey("events.auditoriums.id"))
    code: Mapped[str] = mapped_column(Text)
    name: Mapped[str] = mapped_column(Text)
    name_en: Mapped[str] = mapped_column(Text, server_default="")
    position: Mapped[int] = mapped_column(Integer, server_default=text("0"))


class SeatRow(Base):
    """A seat in the grid of an auditorium; `row_index` 0 is nearest to the screen, `column` counts from the left.

    `section` is a part of the auditorium, empty if row and number are unique. A seat that is not `for_sale` is shown as
    taken.
    """

    __tablename__ = "seats"
    __table_args__ = (
        UniqueConstraint("auditorium_id", "section", "row_label", "number"),
        UniqueConstraint("auditorium_id", "row_index", "column"),
        CheckConstraint(_one_of("kind", SEAT_KINDS), name="kind"),
        CheckConstraint("width in (1, 2)", name="width"),
        {"schema": SCHEMA},
    )

    id: Mapped[int] = mapped_column(Integer, primary_key=True)
    auditorium_id: Mapped[int] = mapped_column(ForeignKey("events.auditoriums.id"))
    row_label: Mapped[str] = mapped_column(Text)
    row_index: Mapped[int] = mapped_column(Integer)
    number: Mapped[str] = mapped_column(Text)
    column: Mapped[int] = mapped_column(Integer)
    width: Mapped[int] = mapped_column(Integer, server_default=text("1"))
    kind: Mapped[str] = mapped_column(Text, server_default="standard")
    zone_id: Mapped[int] = mapped_column(ForeignKey("events.zones.id"), index=True)
    companion_of: Mapped[int | None] = mapped_column(ForeignKey("events.seats.id"), index=True)
    section: Mapped[str] = mapped_column(Text, server_default="")
    for_sale: Mapped[bool] = mapped_column(server_default=text("true"))


class FilmRow(Base):
    __tablename__ = "films"
    __table_args__ = (
        CheckConstraint(_one_of("age_rating", AGE_RATINGS), name="age_rating"),
        CheckConstraint("duration_minutes > 0", name="duration"),
        {"schema": SCHEMA},
    )

    id: Mapped[int] = mapped_column(Integer, primary_key=True)
    slug: Mapped[str] = mapped_column(Text, unique=True)
    title: Mapped[str] = mapped_column(Text)
    title_en: Mapped[str] = mapped_column(Text, server_default="")
    original_title: Mapped[str] = mapped_column(Text, server_default="")
    year: Mapped[int] = mapped_column(Integer)
    director: Mapped[str] = mapped_column(Text, server_default="")
    duration_minutes: Mapped[int] = mapped_column(Integer)
    age_rating: Mapped[str] = mapped_column(Text)
    age_reasons: Mapped[str] = mapped_column(Text, server_default="")
    age_reasons_en: Mapped[str] = mapped_column(Text, server_default="")
    genres: Mapped[list[str]] = mapped_column(ARRAY(Text), server_default=text("'{}'"))
    genres_en: Mapped[list[str]] = mapped_column(ARRAY(Text), server_default=text("'{}'"))
    synopsis: Mapped[str] = mapped_column(Text, server_default="")
    synopsis_en: Mapped[str] = mapped_column(Text, server_default="")
    poster: Mapped[str] = mapped_column(Text, server_default="")
    position: Mapped[int] = mapped_column(Integer, server_default=text("0"))
    trailer: Mapped[str] = mapped_column(Text, server_default="")


class ScreeningRow(Base):
    """A screening. It occupies its auditorium from `starts_at` to `ends_at`: two scheduled ones never overlap.

    `starts_local` and `timezone` are the local hour and the zone as they were published; `local_hours.py` moves
    `starts_at` if the rules of the zone change. They are null in rows of older versions.

    `revision` counts the changes of `version`, `format` and `ends_at` by imports; `ScreeningChangeRow` stores the
    former values.
    """

    __tablename__ = "screenings"
    __table_args__ = (
        CheckConstraint("ends_at > starts_at", name="ends_after_start"),
        CheckConstraint(_one_of("version", VERSIONS), name="version"),
        CheckConstraint(_one_of("format", FORMATS), name="format"),
        CheckConstraint(_one_of("status", ("scheduled", "cancelled")), name="status"),
        ExcludeConstraint(
            (text("int4range(auditorium_id, auditorium_id, '[]')"), "&&"),
            (text("tstzrange(starts_at, ends_at)"), "&&"),
            where=text("status = 'scheduled'"),
            using="gist",
            name="ex_screenings_one_at_a_time",
        ),
        TableIndex("ix_screenings_film_id_starts_at", "film_id", "starts_at"),
        TableIndex("ix_screenings_called_off", "starts_at", postgresql_where=text("status = 'cancelled'")),
        {"schema": SCHEMA},
    )

    id: Mapped[int] = mapped_column(Integer, primary_key=True)
    film_id: Mapped[int] = mapped_column(ForeignKey("events.films.id"))
    auditorium_id: Mapped[int] = mapped_column(ForeignKey("events.auditoriums.id"))
    starts_at: Mapped[datetime] = mapped_column(DateTime(timezone=True), index=True)
    ends_at: Mapped[datetime] = mapped_column(DateTime(timezone=True))
    version: Mapped[str] = mapped_column(Text)
    format: Mapped[str] = mapped_column(Text, server_default="2D")
    status: Mapped[str] = mapped_column(Text, server_default="scheduled")
    external_ref: Mapped[str | None] = mapped_column(Text, unique=True)
    cancel_reason: Mapped[str | None] = mapped_column(Text)
    starts_local: Mapped[datetime | None] = mapped_column(DateTime(timezone=False))
    timezone: Mapped[str | None] = mapped_column(Text)
    revision: Mapped[int] = mapped_column(Integer, server_default=text("0"))


class ScreeningChangeRow(Base):
    """The values of a screening at a `revision`, until an import replaced them at `changed_at`."""

    __tablename__ = "screening_changes"
    __table_args__ = ({"schema": SCHEMA},)

    screening_id: Mapped[int] = mapped_column(ForeignKey("events.screenings.id"), primary_key=True)
    revision: Mapped[int] = mapped_column(Integer, primary_key=True, autoincrement=False)
    version: Mapped[str] = mapped_column(Text)
    format: Mapped[str] = mapped_column(Text)
    length: Mapped[timedelta] = mapped_column(Interval)
    changed_at: Mapped[datetime] = mapped_column(
        DateTime(timezone=True), server_default=func.clock_timestamp()
    )


class PriceRow(Base):
    """The full price (inteira) of a zone at a screening, in centavos."""

    __tablename__ = "screening_prices"
    __table_args__ = (CheckConstraint("price >= 0", name="price"), {"schema": SCHEMA})

    screening_id: Mapped[int] = mapped_column(ForeignKey("events.screenings.id"), primary_key=True)
    zone_id: Mapped[int] = mapped_column(ForeignKey("events.zones.id"), primary_key=True, index=True)
    price: Mapped[int] = mapped_column(Integer)
