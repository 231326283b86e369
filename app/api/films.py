"""Films."""

from __future__ import annotations

from app.api.conditional import with_etag
from app.api.lists import PageArguments, page_of
from app.api.programme_schemas import FilmSchema, list_of
from app.api.resource import Resource
from app.events import service as events

SERVICE, PATH = "events", "/films"
blueprint = Resource("films", about="Films, also those without screenings at present")


@blueprint.get("")
@blueprint.query(PageArguments)
@blueprint.response(200, list_of(FilmSchema))
@blueprint.doc(operationId="listFilms")
@with_etag(60)
def films(limit: int, cursor: str) -> object:
    """List the films in the order of the programme"""
    in_order = sorted(events.films(), key=lambda film: (film.position, film.id))
    return page_of(in_order, lambda film: (film.position, film.id), limit=limit, cursor=cursor)


@blueprint.get("/<slug>")
@blueprint.response(200, FilmSchema)
@blueprint.doc(operationId="readFilm")
@with_etag(60)
def film(slug: str) -> object:
    """Read a film"""
    return events.film(slug)
