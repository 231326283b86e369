"""Screenings: the programme of a day."""

from __future__ import annotations

from datetime import date
from typing import Any

from marshmallow import fields

from app.api.conditional import with_etag
from app.api.lists import PageArguments, page_of
from app.api.programme_schemas import ScreeningSchema, list_of
from app.api.resource import Resource
from app.core.half_price import half_of
from app.events import service as events
from app.events.service import Screening

SERVICE, PATH = "events", "/screenings"
blueprint = Resource("screenings", about="The programme, by day")


class ScreeningArguments(PageArguments):
    day = fields.Date(
        load_default=None,
        metadata={"description": "the cinema day; today at the first cinema if it is left out"},
    )
    cinema = fields.String(load_default=None, metadata={"description": "slug; all cinemas if it is left out"})
    film = fields.String(load_default=None, metadata={"description": "slug; all films if it is left out"})


@blueprint.get("")
@blueprint.query(ScreeningArguments)
@blueprint.response(200, list_of(ScreeningSchema))
@blueprint.doc(operationId="listScreenings")
@with_etag(2)
def screenings(limit: int, cursor: str, day: date | None, cinema: str | None, film: str | None) -> object:
    """List the screenings of a day by their start, started and cancelled ones too

    An unknown cinema or film has no screenings.
    """
    found = events.programme(day or events.today(cinema), cinema)
    wanted = [one for one in found if film in (None, one.film.slug)]
    in_order = sorted(wanted, key=_key)
    page = page_of(in_order, _key, limit=limit, cursor=cursor)
    return page | {"items": [_view(one) for one in page["items"]]}


@blueprint.get("/<int:screening_id>")
@blueprint.response(200, ScreeningSchema)
@blueprint.doc(operationId="readScreening")
@with_etag(2)
def screening(screening_id: int) -> object:
    """Read a screening"""
    return _view(events.screening(screening_id))


def _key(screening: Screening) -> tuple[str, int]:
    return screening.starts_at.isoformat(), screening.id


def _view(screening: Screening) -> dict[str, Any]:
    zones = {zone.id: zone.code for zone in events.seat_plan(screening.auditorium_id).zones}
    return {
        "id": screening.id,
        "film": screening.film.slug,
        "cinema": screening.cinema.slug,
        "auditorium": screening.auditorium_name,
        "starts_at": screening.starts_at,
        "ends_at": screening.ends_at,
        "sales_close_at": screening.sales_close_at,
        "local_start": f"{screening.showtime.clock:%Y-%m-%dT%H:%M}",
        "cinema_day": screening.showtime.cinema_day,
        "version": screening.version,
        "format": screening.format,
        "status": screening.status,
        "on_sale": events.on_sale(screening),
        "capacity": screening.capacity,
        "prices": [
            {"zone": zones[zone_id], "full": price, "half": half_of(price)}
            for zone_id, price in sorted(screening.prices.items())
            if zone_id in zones
        ],
    }
