"""The programme by day and site, and a film with its screenings."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from datetime import date, timedelta
from functools import partial
from typing import Any
from urllib.parse import urlsplit

from flask import current_app, render_template, request, url_for
from flask_babel import gettext as _
from markupsafe import Markup

from app.core.half_price import half_of
from app.core.i18n import format_day_long, format_day_short, weekday
from app.core.money import format_money_short
from app.events import service as events
from app.events.service import Cinema, Film, Screening
from app.shop import blueprint, cinema, schema_org, showtimes
from app.shop.display_cache import PROGRAMME_PAGES
from app.shop.programme_filter import Choice, Filter
from app.web.language import locale
from app.web.links import absolute

EVENING = 18
FEW_CINEMAS = 3  # beside the chosen one
MOST_DAYS = 14


@blueprint.get("/")
def programme() -> str:
    sites = events.cinemas()
    choice = Choice.of(request.args, sites, cinema.remembered())
    site = next((one for one in sites if one.slug == choice.cinema), None)
    shown = PROGRAMME_PAGES.get((None, choice, locale()), lambda: _programme(choice))
    return render_template(
        "shop/page_programme.html",
        sites=sites,
        site=site,
        here=choice.url(cinema=None),
        **shown,
    )


def _programme(choice: Choice) -> dict[str, Any]:
    """The day's sign, days, filters and films as ready markup: it holds no token and nobody's name."""
    today, called_today = events.today(choice.cinema), events.unambiguous_today(choice.cinema)
    days = events.days_with_screenings(choice.cinema)
    day, screenings = _day_to_show(choice, today, days)
    choice = replace(choice, day=day if choice.day else None)
    # How full they are is asked for those alone that are shown.
    stubs = showtimes.stubs_of(choice.of_these(screenings))
    films = showtimes.by_film(stubs)
    next_day = None  # looked for where it is shown: on a day that shows nothing
    if not films:
        next_day = next((one for one in days if one > day), None) or _first_day(choice, today, days)
    markup = render_template(
        "shop/_programme.html",
        choice=choice,
        cinemas=_cinemas_to_choose(choice),
        here=choice.url(cinema=None),
        day=day,
        today=today,
        called_today=called_today,
        days=_strip(today, days, day),
        filters=_filters(choice, screenings, choice.url),
        films=films,
        stubs=stubs,
        next_day=next_day if next_day != day else None,
        named=_named_day(day, called_today),
        half_from=_half_from(stubs),
        poster=poster,
        on_weekday=_on_weekday,
    )
    title = _("Programme, %(day)s", day=format_day_long(day, locale()))
    return {"programme": Markup(markup), "title": title, "canonical": _canonical(choice)}  # noqa: S704


def _day_to_show(choice: Choice, today: date, days: list[date]) -> tuple[date, list[Screening]]:
    """The day asked for; else today, or the next day once nothing of today is on sale any more."""
    if choice.day is not None:
        return choice.day, events.programme(choice.day, choice.cinema)
    screenings = events.programme(today, choice.cinema)
    if any(events.on_sale(screening) for screening in screenings):
        return today, screenings
    later = next((day for day in days if day > today), None)
    return (later, events.programme(later, choice.cinema)) if later else (today, screenings)


def _first_day(choice: Choice, today: date, days: list[date]) -> date | None:
    """Where the programme itself begins: with today only while something of it is on sale."""
    first = _day_to_show(replace(choice, day=None), today, days)[0]
    return first if first in days else None


def _strip(today: date, days: list[date], shown: date) -> list[tuple[date, bool]]:
    """A week from today, or longer where there are screenings, and whether each day has any."""
    last = max([today + timedelta(days=6), *days[:MOST_DAYS]])
    count = min((last - today).days + 1, MOST_DAYS)
    strip = [today + timedelta(days=offset) for offset in range(count)]
    return [(day, day in days) for day in strip]


def _cinemas_to_choose(choice: Choice) -> list[tuple[Cinema, bool]]:
    """Where one is chosen: that one, to take it off by one tap, and the others, where they are few enough for a row."""
    if choice.cinema is None:
        return []
    sites = [site for site in events.cinemas() if site.slug == choice.cinema]
    others = [site for site in events.cinemas() if site.slug != choice.cinema]
    shown = sites + others if len(others) <= FEW_CINEMAS else sites
    return [(site, site.slug == choice.cinema) for site in shown]


def _filters(choice: Choice, screenings: list[Screening], url: Callable[..., str]) -> list[Filter]:
    """Only what tells screenings of this day apart, and what is set, so that it can be taken off."""
    versions = {screening.version for screening in screenings}
    formats = {screening.format for screening in screenings}
    names = {"subtitled": _("Subtitled"), "dubbed": _("Dubbed"), "original": _("Original version")}
    after = choice.after if choice.after is not None else EVENING
    at = f"{after}h" if locale() == "pt_BR" else f"{after % 12 or 12} {'am' if after < 12 else 'pm'}"
    filters = [
        Filter(
            _("After %(time)s", time=at),
            url(after=None if choice.after is not None else EVENING),
            choice.after is not None,
        )
    ]
    for version, name in names.items():
        if choice.version == version or (version in versions and len(versions) > 1):
            on = choice.version == version
            filters.append(Filter(name, url(version=None if on else version), on))
    if choice.format == "3D" or ("3D" in formats and len(formats) > 1):
        on = choice.format == "3D"
        filters.append(Filter("3D", url(format=None if on else "3D"), on))
    filters.append(Filter(_("Accessible"), url(accessible=not choice.accessible), choice.accessible))
    return filters


def _named_day(day: date, today: date | None) -> dict[str, str]:
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


def _half_from(stubs: list[showtimes.Stub]) -> str:
    """The cheapest half price among what is still sold, `R$ 16`."""
    prices = [stub.screening.from_price for stub in stubs if stub.sells]
    return format_money_short(half_of(min(prices)), locale()) if prices else ""


def _canonical(choice: Choice) -> str:
    """One address a site and day for search engines, whatever the filters."""
    day = choice.day.isoformat() if choice.day else None
    return absolute(url_for("shop.programme", cinema=choice.cinema, day=day))


@blueprint.get("/films/<slug>")
def film(slug: str) -> str:
    sites = events.cinemas()
    found = events.film(slug)
    choice = Choice.of(request.args, sites, cinema.remembered())
    site = next((one for one in sites if one.slug == choice.cinema), None)
    shown = PROGRAMME_PAGES.get((slug, choice, locale()), lambda: _film(found, choice))
    return render_template(
        "shop/page_film.html",
        film=found,
        sites=sites,
        site=site,
        here=choice.film_url(slug, cinema=None),
        poster_words=poster_words(found),
        trailer_site=urlsplit(found.trailer).hostname,
        poster=poster,
        **shown,
    )


def _film(found: Film, choice: Choice) -> dict[str, Any]:
    """The film's screenings from this cinema day on as ready markup, and what search engines read: all of them,
    whatever the filters."""
    today = events.today(choice.cinema)
    screenings = [
        screening
        for screening in events.screenings_of_film(found.id, events.now() - timedelta(days=1))
        if screening.showtime.cinema_day >= today and choice.cinema in (None, screening.cinema.slug)
    ]
    stubs = showtimes.stubs_of(screenings)
    fitting = {screening.id for screening in choice.of_these(screenings)}
    days = showtimes.by_day(stub for stub in stubs if stub.screening.id in fitting)
    markup = render_template(
        "shop/_film_screenings.html",
        film=found,
        choice=choice,
        cinemas=_cinemas_to_choose(choice),
        here=choice.film_url(found.slug, cinema=None),
        filters=_filters(choice, screenings, partial(choice.film_url, found.slug)) if screenings else [],
        days=sorted(days, key=lambda one: choice.day is not None and one.day < choice.day),
        strip=days,
        today=events.unambiguous_today(choice.cinema),
        named=_named_day,
        site=choice.cinema,
    )
    facts = schema_org.film(found, stubs, poster_address=poster(found, external=True))
    return {
        "screenings": Markup(markup),  # noqa: S704
        "schema": Markup(json.dumps(facts, ensure_ascii=False).replace("<", "\\u003c")),  # noqa: S704
        "share": share_picture(found),
    }


def poster(film: Film, *, external: bool = False) -> str:
    """The address of the film's poster; the house's blank one where there is none."""
    path = url_for("static", filename=f"img/posters/{film.poster or 'blank'}.svg")
    return absolute(path) if external else path


def poster_words(film: Film) -> str:
    """What the poster is, for who does not see it. Its letters are Portuguese, whatever the page's language is."""
    name = film.title_in(locale())
    if film.poster and name != film.title:
        return _("Poster of %(film)s, which says “%(title)s”", film=name, title=film.title)
    return _("Poster of %(film)s", film=name)


def share_picture(film: Film) -> str:
    """A picture that other sites show with a link: the film's own where it was made, else the house's."""
    own = f"img/share/{film.poster}.png"
    exists = bool(film.poster) and (current_app.static_folder or "") and _static_file(own)
    return absolute(url_for("static", filename=own if exists else "img/share.png"))


def _static_file(name: str) -> bool:
    from pathlib import Path

    return Path(str(current_app.static_folder), name).is_file()
