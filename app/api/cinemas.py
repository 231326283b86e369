"""Cinemas."""

from __future__ import annotations

from app.api.conditional import with_etag
from app.api.lists import PageArguments, page_of
from app.api.programme_schemas import CinemaSchema, list_of
from app.api.resource import Resource
from app.events import service as events

SERVICE, PATH = "events", "/cinemas"
blueprint = Resource("cinemas", about="The cinemas of this box office")


@blueprint.get("")
@blueprint.query(PageArguments)
@blueprint.response(200, list_of(CinemaSchema))
@blueprint.doc(operationId="listCinemas")
@with_etag(60)
def cinemas(limit: int, cursor: str) -> object:
    """List the cinemas"""
    in_order = list(enumerate(events.cinemas()))
    page = page_of(in_order, lambda one: (one[0], one[1].id), limit=limit, cursor=cursor)
    return page | {"items": [cinema for _, cinema in page["items"]]}


@blueprint.get("/<slug>")
@blueprint.response(200, CinemaSchema)
@blueprint.doc(operationId="readCinema")
@with_etag(60)
def cinema(slug: str) -> object:
    """Read a cinema"""
    return events.cinema(slug)
