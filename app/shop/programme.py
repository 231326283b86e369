"""The pages of the programme (by day and site) and of a film with its screenings."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from datetime import date, timedelta
from functools import partial
from typing import Any
from urllib.parse import urlsplit

from flask import render_template, request, url_for
from flask_babel import gettext as _
from markupsafe import Markup

from app.core.half_price import half_of
from app.core.i18n import format_day_long, format_day_short, weekday
from app.core.money import format_money_short
from app.events import service as events
from app.events.service import Cinema, Film, Screening
from app.shop import blueprint, cinema, schema_org, showtimes
from app.shop.display_cache import PROGRAMME_PAGES
from app.shop.posters import poster, poster_alt_text, share_picture
from app.shop.programme_filter import FilterLink, ProgrammeFilter
from app.web.links import absolute
from app.web.locale import locale

EVENING = 18
FEW_CINEMAS = 3  # beside the selected one
MOST_DAYS = 14


@blueprint.get("/")
def programme() -> str:
    sites = events.cinemas()
    selection = ProgrammeFilter.of(request.args, sites, cinema.remembered())
    site = next((one for one in sites if one.slug == selection.cinema), None)
    shown = PROGRAMME_PAGES.get((None, selection, locale()), lambda: _programme(selection))
    return render_template(
        "shop/page_programme.html",
        sites=sites,
        site=site,
        here=selection.url(cinema=None),
        **shown,
    )


def _programme(selection: ProgrammeFilter) -> dict[str, Any]:
    """The variables of the programme page with its markup, for any visitor: they hold no token and no name."""
    today, called_today = events.today(selection.cinema), events.unambiguous_today(selection.cinema)
    days = events.days_with_screenings(selection.cinema)
    day, screenings = _day_to_show(selection, today, days)
    selection = replace(selection, day=day if selection.day else None)
    # Only the screenings that are shown need a query for their occupancy.
    stubs = showtimes.stubs_of(selection.matching(screenings))
    films = showtimes.by_film(stubs)
    next_day = None  # needed only on a day without screenings
    if not films:
        next_day = next((one for one in days if one > day), None) or _first_day_on_sale(
            selection, today, days
        )
    markup = render_template(
        "shop/_programme.html",
        selection=selection,
        cinemas=_cinemas_to_choose(selection),
        here=selection.url(cinema=None),
        day=day,
        today=today,
        called_today=called_today,
        days=_day_strip(today, days, day),
        filters=_filters(selection, screenings, selection.url),
        films=films,
        stubs=stubs,
        next_day=next_day if next_day != day else None,
        named=_day_heading(day, called_today),
        half_from=_lowest_half_price(stubs),
        poster=poster,
        on_weekday=_on_weekday,
    )
    title = _("Programme, %(day)s", day=format_day_long(day, locale()))
    return {"programme": Markup(markup), "title": title, "canonical": _canonical(selection)}  # noqa: S704


def _day_to_show(selection: ProgrammeFilter, today: date, days: list[date]) -> tuple[date, list[Screening]]:
    """The selected day and its screenings; without one today, or the next day when nothing of today is on sale."""
    if selection.day is not None:
        return selection.day, events.programme(selection.day, selection.cinema)
    screenings = events.programme(today, selection.cinema)
    if any(events.on_sale(screening) for screening in screenings):
        return today, screenings
    later = next((day for day in days if day > today), None)
    return (later, events.programme(later, selection.cinema)) if later else (today, screenings)


def _first_day_on_sale(selection: ProgrammeFilter, today: date, days: list[date]) -> date | None:
    """The first day of the programme: today only while one of its screenings is on sale."""
    first = _day_to_show(replace(selection, day=None), today, days)[0]
    return first if first in days else None


def _day_strip(today: date, days: list[date], shown: date) -> list[tuple[date, bool]]:
    """A week from today, or more days if they have screenings; each with whether it has any."""
    last = max([today + timedelta(days=6), *days[:MOST_DAYS]])
    count = min((last - today).days + 1, MOST_DAYS)
    strip = [today + timedelta(days=offset) for offset in range(count)]
    return [(day, day in days) for day in strip]


def _cinemas_to_choose(selection: ProgrammeFilter) -> list[tuple[Cinema, bool]]:
    """The selected cinema, and the others if they fit a row, each with whether it is selected; empty if none is."""
    if selection.cinema is None:
        return []
    sites = [site for site in events.cinemas() if site.slug == selection.cinema]
    others = [site for site in events.cinemas() if site.slug != selection.cinema]
    shown = sites + others if len(others) <= FEW_CINEMAS else sites
    return [(site, site.slug == selection.cinema) for site in shown]


def _filters(
    selection: ProgrammeFilter, screenings: list[Screening], url: Callable[..., str]
) -> list[FilterLink]:
    """The filters that differ among these screenings, and those that are set, so that they can be unset."""
    versions = {screening.version for screening in screenings}
    formats = {screening.format for screening in screenings}
    names = {"subtitled": _("Subtitled"), "dubbed": _("Dubbed"), "original": _("Original version")}
    after = selection.after if selection.after is not None else EVENING
    at = f"{after}h" if locale() == "pt_BR" else f"{after % 12 or 12} {'am' if after < 12 else 'pm'}"
    filters = [
        FilterLink(
            _("After %(time)s", time=at),
            url(after=None if selection.after is not None else EVENING),
            selection.after is not None,
        )
    ]
    for version, name in names.items():
        if selection.version == version or (version in versions and len(versions) > 1):
            on = selection.version == version
            filters.append(FilterLink(name, url(version=None if on else version), on))
    if selection.format == "3D" or ("3D" in formats and len(formats) > 1):
        on = selection.format == "3D"
        filters.append(FilterLink("3D", url(format=None if on else "3D"), on))
    filters.append(
        FilterLink(_("Accessible"), url(accessible=not selection.accessible), selection.accessible)
    )
    return filters


def _day_heading(day: date, today: date | None) -> dict[str, str]:
    """`Hoje, terça` with `24/11` for a narrow sign, `Hoje, terça 24 de novembro` for a wide one."""
    name = weekday(day, locale())
    words = {today: _("Today"), today + timedelta(days=1): _("Tomorrow")} if today else {}
    long = format_day_long(day, locale()).replace(",", "")
    if day in words:
        return {
            "big": f"{words[day]}, {name}",
            "wide": f"{words[day]}, {long}",
            "right": format_day_short(day, locale()),
        }
    return {"big": name, "wide": long, "right": format_day_short(day, locale())}


def _on_weekday(day: date) -> str:
    """`na quinta`, `no sábado`, `on Thursday`."""
    name = weekday(day, locale())
    if locale() != "pt_BR":
        return f"on {name}"
    return f"no {name}" if day.weekday() >= 5 else f"na {name}"


def _lowest_half_price(stubs: list[showtimes.Stub]) -> str:
    """The lowest half price among screenings on sale, `R$ 16`; empty if there are none."""
    prices = [stub.screening.from_price for stub in stubs if stub.sells]
    return format_money_short(half_of(min(prices)), locale()) if prices else ""


def _canonical(selection: ProgrammeFilter) -> str:
    """The canonical address for search engines: one for a site and day, without filters."""
    day = selection.day.isoformat() if selection.day else None
    return absolute(url_for("shop.programme", cinema=selection.cinema, day=day))


@blueprint.get("/films/<slug>")
def film(slug: str) -> str:
    sites = events.cinemas()
    found = events.film(slug)
    selection = ProgrammeFilter.of(request.args, sites, cinema.remembered())
    site = next((one for one in sites if one.slug == selection.cinema), None)
    shown = PROGRAMME_PAGES.get((slug, selection, locale()), lambda: _film(found, selection))
    return render_template(
        "shop/page_film.html",
        film=found,
        sites=sites,
        site=site,
        here=selection.film_url(slug, cinema=None),
        poster_alt_text=poster_alt_text(found),
        trailer_site=urlsplit(found.trailer).hostname,
        poster=poster,
        **shown,
    )


def _film(found: Film, selection: ProgrammeFilter) -> dict[str, Any]:
    """The variables of a film's page, with the markup of its screenings from this cinema day on.

    The data for search engines hold all screenings, whatever the filters.
    """
    today = events.today(selection.cinema)
    screenings = [
        screening
        for screening in events.screenings_of_film(found.id, events.now() - timedelta(days=1))
        if screening.showtime.cinema_day >= today and selection.cinema in (None, screening.cinema.slug)
    ]
    stubs = showtimes.stubs_of(screenings)
    fitting = {screening.id for screening in selection.matching(screenings)}
    days = showtimes.by_day(stub for stub in stubs if stub.screening.id in fitting)
    markup = render_template(
        "shop/_film_screenings.html",
        film=found,
        selection=selection,
        cinemas=_cinemas_to_choose(selection),
        here=selection.film_url(found.slug, cinema=None),
        filters=_filters(selection, screenings, partial(selection.film_url, found.slug))
        if screenings
        else [],
        days=sorted(days, key=lambda one: selection.day is not None and one.day < selection.day),
        strip=days,
        today=events.unambiguous_today(selection.cinema),
        named=_day_heading,
        site=selection.cinema,
    )
    facts = schema_org.film(found, stubs, poster_address=poster(found, external=True))
    return {
        "screenings": Markup(markup),  # noqa: S704
        "schema": Markup(json.dumps(facts, ensure_ascii=False).replace("<", "\\u003c")),  # noqa: S704
        "share": share_picture(found),
    }
