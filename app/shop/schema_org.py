"""Structured data of a film and its screenings for search engines (schema.org, JSON-LD)."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from flask import url_for

from app.events.service import Cinema, Film
from app.shop.showtimes import Stub
from app.web.links import absolute
from app.web.locale import locale

_AVAILABILITY = {
    "open": "https://schema.org/InStock",
    "few": "https://schema.org/LimitedAvailability",
    "sold-out": "https://schema.org/SoldOut",
}
_SPOKEN_LANGUAGE = {"dubbed": "pt-BR"}
MAX_SCREENINGS = 60


def film(film: Film, stubs: Sequence[Stub], *, poster_address: str) -> dict[str, Any]:
    """The graph of the film and its screenings to come."""
    address = absolute(url_for("shop.film", slug=film.slug))
    movie = {
        "@type": "Movie",
        "@id": f"{address}#film",
        "url": address,
        "name": film.title_in(locale()),
        "alternateName": film.original_title,
        "description": film.synopsis_in(locale()),
        "image": poster_address,
        "dateCreated": str(film.year),
        "director": [
            {"@type": "Person", "name": name.strip()} for name in film.director.split(",") if name.strip()
        ],
        "genre": list(film.genres_in(locale())),
        "duration": f"PT{film.duration_minutes}M",
        "contentRating": film.age_rating,
    }
    coming = [stub for stub in stubs if stub.state in _AVAILABILITY or stub.state == "cancelled"][
        :MAX_SCREENINGS
    ]
    return {
        "@context": "https://schema.org",
        "@graph": [
            {key: value for key, value in movie.items() if value},
            *(_screening(stub, movie) for stub in coming),
        ],
    }


def _screening(stub: Stub, movie: dict[str, Any]) -> dict[str, Any]:
    screening = stub.screening
    event: dict[str, Any] = {
        "@type": "ScreeningEvent",
        "name": movie["name"],
        "workPresented": {"@id": movie["@id"]},
        "startDate": screening.showtime.iso(),
        "endDate": screening.showtime.iso(screening.ends_at),
        "eventStatus": "https://schema.org/EventScheduled",
        "eventAttendanceMode": "https://schema.org/OfflineEventAttendanceMode",
        "videoFormat": screening.format,
        "image": movie["image"],
        "location": _place(screening.cinema),
    }
    if screening.version == "subtitled":
        event["subtitleLanguage"] = "pt-BR"
    if screening.version in _SPOKEN_LANGUAGE:
        event["inLanguage"] = _SPOKEN_LANGUAGE[screening.version]
    if stub.state == "cancelled":
        return event | {"eventStatus": "https://schema.org/EventCancelled"}
    event["offers"] = {
        "@type": "Offer",
        "url": f"{_site_root()}/screenings/{screening.id}",
        "price": f"{screening.from_price / 100:.2f}",
        "priceCurrency": "BRL",
        "availability": _AVAILABILITY[stub.state],
    }
    return event


def _site_root() -> str:
    return absolute(url_for("shop.programme")).rstrip("/")


def _place(cinema: Cinema) -> dict[str, Any]:
    return {
        "@type": "MovieTheater",
        "name": cinema.name,
        "address": {
            "@type": "PostalAddress",
            "streetAddress": cinema.address,
            "addressLocality": cinema.city,
            "addressCountry": "BR",
        },
    }
