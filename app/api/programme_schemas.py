"""The forms of cinemas, films and screenings in the API."""

from __future__ import annotations

from marshmallow import Schema, fields, validate

CENTAVOS = {"description": "in centavos of the Brazilian real"}


class CinemaSchema(Schema):
    id = fields.Integer()
    slug = fields.String(metadata={"description": "names the cinema in other resources"})
    name = fields.String()
    address = fields.String()
    city = fields.String()
    timezone = fields.String(metadata={"description": "of the IANA database, as `America/Sao_Paulo`"})


class FilmSchema(Schema):
    id = fields.Integer()
    slug = fields.String()
    title = fields.String(metadata={"description": "in Portuguese"})
    title_en = fields.String(metadata={"description": "in English; empty if the Portuguese one serves"})
    original_title = fields.String()
    year = fields.Integer()
    director = fields.String()
    duration_minutes = fields.Integer()
    age_rating = fields.String(
        validate=validate.OneOf(("L", "10", "12", "14", "16", "18")),
        metadata={"description": "the Brazilian age rating"},
    )
    age_reasons = fields.String()
    age_reasons_en = fields.String()
    genres = fields.List(fields.String())
    genres_en = fields.List(fields.String())
    synopsis = fields.String()
    synopsis_en = fields.String()


class PriceSchema(Schema):
    zone = fields.String(metadata={"description": "code of the price zone, as in the seats"})
    full = fields.Integer(metadata=CENTAVOS)
    half = fields.Integer(metadata=CENTAVOS)


class ScreeningSchema(Schema):
    id = fields.Integer()
    film = fields.String(metadata={"description": "slug of the film"})
    cinema = fields.String(metadata={"description": "slug of the cinema"})
    auditorium = fields.String()
    starts_at = fields.AwareDateTime(format="iso")
    ends_at = fields.AwareDateTime(format="iso")
    sales_close_at = fields.AwareDateTime(format="iso")
    local_start = fields.String(metadata={"description": "`2026-11-29T20:10`, by the clock of the cinema"})
    cinema_day = fields.Date(
        metadata={"description": "the day of the programme; it ends at 5 in the morning"}
    )
    version = fields.String(validate=validate.OneOf(("dubbed", "subtitled", "original")))
    format = fields.String(validate=validate.OneOf(("2D", "3D")))
    status = fields.String(validate=validate.OneOf(("scheduled", "cancelled")))
    on_sale = fields.Boolean(metadata={"description": "whether seats are sold now"})
    capacity = fields.Integer(metadata={"description": "seats for sale, taken ones included"})
    prices = fields.List(fields.Nested(PriceSchema))


def list_of(item: type[Schema]) -> type[Schema]:
    """The schema of a page of `item`."""
    name = f"{item.__name__.removesuffix('Schema')}ListSchema"
    members = {
        "items": fields.List(fields.Nested(item)),
        "next": fields.String(
            allow_none=True, metadata={"description": "`cursor` of the next page; null at the end"}
        ),
    }
    return type(name, (Schema,), members)
