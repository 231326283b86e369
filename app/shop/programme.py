"""The programme by day and site, and a film with its screenings; and what search engines ask for."""

from __future__ import annotations

import json
import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import date, timedelta
from typing import Any

from flask import Response, current_app, make_response, render_template, request, url_for
from flask_babel import gettext as _
from markupsafe import Markup
from werkzeug.datastructures import MultiDict

from app.core.i18n import format_day_long, format_day_short, local, weekday
from app.core.money import format_money_short
from app.events import service as events
from app.events.service import Cinema, Film, Screening
from app.shop import blueprint, schema_org, showings
from app.web.assets import absolute
from app.web.language import locale

VERSIONS = ("dubbed", "subtitled", "original")
FORMATS = ("2D", "3D")
EVENING = 18
MOST_DAYS = 14
KEPT_SECONDS = 1.0

_kept: dict[tuple[object, ...], tuple[float, Any]] = {}


@dataclass(frozen=True, slots=True)
class Choice:
    """What the visitor asked to see. What the address says and we do not know is left out, never an error."""

    day: date | None = None
    cinema: str | None = None
    version: str | None = None
    format: str | None = None
    after: int | None = None
    accessible: bool = False

    @classmethod
    def of(cls, args: MultiDict[str, str], sites: list[Cinema]) -> Choice:
        cinema, version, format_ = args.get("cinema"), args.get("version"), args.get("format", "").upper()
        after = args.get("after", "")
        return cls(
            day=_day(args.get("day", "")),
            cinema=cinema if cinema in {site.slug for site in sites} else None,
            version=version if version in VERSIONS else None,
            format=format_ if format_ in FORMATS else None,
            after=int(after)
            if after.isascii() and after.isdigit() and len(after) < 3 and int(after) < 24
            else None,
            accessible=args.get("accessible") in ("1", "on", "true"),
        )

    @property
    def filtered(self) -> bool:
        return bool(self.version or self.format or self.after is not None or self.accessible)

    def url(self, **changes: Any) -> str:
        """The programme's address with these things changed."""
        chosen = replace(self, **changes)
        return url_for(
            "shop.programme",
            day=chosen.day.isoformat() if chosen.day else None,
            cinema=chosen.cinema,
            version=chosen.version,
            format=chosen.format,
            after=chosen.after,
            accessible=1 if chosen.accessible else None,
        )

    def of_these(self, screenings: list[Screening]) -> list[Screening]:
        """Those that are to be shown."""
        shown = [screening for screening in screenings if self._fits(screening)]
        return showings.with_free_wheelchair_space(shown) if self.accessible else shown

    def _fits(self, screening: Screening) -> bool:
        if self.version and screening.version != self.version:
            return False
        if self.format and screening.format != self.format:
            return False
        return self.after is None or _starts_after(screening, self.after)


@dataclass(frozen=True, slots=True)
class Filter:
    """A filter that one tap sets and another takes off."""

    label: str
    url: str
    on: bool


def _day(text: str) -> date | None:
    try:
        day = date.fromisoformat(text)
    except ValueError:
        return None
    return day if 2000 <= day.year < 2200 else None


def _starts_after(screening: Screening, hour: int) -> bool:
    """By the clock of the site; after midnight is late, not early."""
    there = local(screening.starts_at, screening.cinema.timezone)
    return there.hour >= hour or there.hour < events.DAY_STARTS_AT.hour


@blueprint.get("/")
def programme() -> str:
    sites = events.cinemas()
    choice = Choice.of(request.args, sites)
    site = next((one for one in sites if one.slug == choice.cinema), None)
    shown = _briefly(("programme", choice, locale()), lambda: _programme(choice))
    return render_template(
        "shop/page_programme.html",
        sites=sites,
        site=site,
        site_url=lambda one: choice.url(cinema=one.slug if one else None),
        **shown,
    )


def _programme(choice: Choice) -> dict[str, Any]:
    """The day's sign, days, filters and films as ready markup: it holds no token and nobody's name."""
    today = events.today(choice.cinema)
    days = events.days_with_screenings(choice.cinema)
    day, screenings = _day_to_show(choice, today, days)
    choice = replace(choice, day=day if choice.day else None)
    # How full they are is asked for those alone that are shown.
    stubs = showings.stubs_of(choice.of_these(screenings))
    films = showings.by_film(stubs)
    next_day = next((one for one in days if one > day), None) or next(
        (one for one in days if one >= today), None
    )
    markup = render_template(
        "shop/_programme.html",
        choice=choice,
        day=day,
        today=today,
        days=_strip(today, days, day),
        filters=_filters(choice, screenings),
        films=films,
        stubs=stubs,
        next_day=next_day if next_day != day else None,
        named=_named_day(day, today),
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


def _strip(today: date, days: list[date], shown: date) -> list[tuple[date, bool]]:
    """A week from today, or longer where there are screenings, and whether each day has any."""
    last = max([today + timedelta(days=6), *days[:MOST_DAYS]])
    count = min((last - today).days + 1, MOST_DAYS)
    strip = [today + timedelta(days=offset) for offset in range(count)]
    return [(day, day in days) for day in strip]


def _filters(choice: Choice, screenings: list[Screening]) -> list[Filter]:
    """Only what tells screenings of this day apart, and what is set, so that it can be taken off."""
    versions = {screening.version for screening in screenings}
    formats = {screening.format for screening in screenings}
    names = {"subtitled": _("Subtitled"), "dubbed": _("Dubbed"), "original": _("Original version")}
    after = choice.after if choice.after is not None else EVENING
    at = f"{after}h" if locale() == "pt_BR" else f"{after % 12 or 12} {'am' if after < 12 else 'pm'}"
    filters = [
        Filter(
            _("After %(time)s", time=at),
            choice.url(after=None if choice.after is not None else EVENING),
            choice.after is not None,
        )
    ]
    for version, name in names.items():
        if choice.version == version or (version in versions and len(versions) > 1):
            on = choice.version == version
            filters.append(Filter(name, choice.url(version=None if on else version), on))
    if choice.format == "3D" or ("3D" in formats and len(formats) > 1):
        on = choice.format == "3D"
        filters.append(Filter("3D", choice.url(format=None if on else "3D"), on))
    filters.append(Filter(_("Accessible"), choice.url(accessible=not choice.accessible), choice.accessible))
    return filters


def _named_day(day: date, today: date) -> dict[str, str]:
    """`Hoje, terça` with `24/11` for a narrow sign, `Hoje, terça 24 de novembro` for a wide one."""
    name = weekday(day, locale())
    words = {today: _("Today"), today + timedelta(days=1): _("Tomorrow")}
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


def _half_from(stubs: list[showings.Stub]) -> str:
    """The cheapest half price among what is still sold, `R$ 16`."""
    prices = [stub.screening.from_price for stub in stubs if stub.sells]
    return format_money_short(-(-min(prices) // 2), locale()) if prices else ""


def _canonical(choice: Choice) -> str:
    """One address a site and day for search engines, whatever the filters."""
    day = choice.day.isoformat() if choice.day else None
    return absolute(url_for("shop.programme", cinema=choice.cinema, day=day))


@blueprint.get("/films/<slug>")
def film(slug: str) -> str:
    sites = events.cinemas()
    found = events.film(slug)
    choice = Choice.of(request.args, sites)
    site = next((one for one in sites if one.slug == choice.cinema), None)
    shown = _briefly(("film", slug, choice.cinema, locale()), lambda: _film(found, choice.cinema))
    return render_template(
        "shop/page_film.html",
        film=found,
        sites=sites,
        site=site,
        site_url=lambda one: url_for("shop.film", slug=slug, cinema=one.slug if one else None),
        poster=poster,
        **shown,
    )


def _film(found: Film, cinema: str | None) -> dict[str, Any]:
    """The film's screenings from this cinema day on as ready markup, and what search engines read."""
    today = events.today(cinema)
    screenings = [
        screening
        for screening in events.screenings_of_film(found.id, events.now() - timedelta(days=1))
        if events.cinema_day(screening.starts_at, screening.cinema.timezone) >= today
        and cinema in (None, screening.cinema.slug)
    ]
    stubs = showings.stubs_of(screenings)
    markup = render_template(
        "shop/_film_screenings.html",
        film=found,
        days=showings.by_day(stubs),
        today=today,
        named=_named_day,
        site=cinema,
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


def share_picture(film: Film) -> str:
    """A picture that other sites show with a link: the film's own where it was made, else the house's."""
    own = f"img/share/{film.poster}.png"
    exists = bool(film.poster) and (current_app.static_folder or "") and _static_file(own)
    return absolute(url_for("static", filename=own if exists else "img/share.png"))


def _static_file(name: str) -> bool:
    from pathlib import Path

    return Path(str(current_app.static_folder), name).is_file()


@blueprint.get("/robots.txt")
def robots() -> Response:
    lines = [
        "User-agent: *",
        "Disallow: /orders/",
        "Disallow: /requests/",
        "Disallow: /account/",
        "Disallow: /staff/",
    ]
    lines += ["Disallow: /screenings/", f"Sitemap: {absolute(url_for('shop.sitemap'))}", ""]
    response = make_response("\n".join(lines))
    response.headers["Content-Type"] = "text/plain; charset=utf-8"
    response.headers["Cache-Control"] = "public, max-age=3600"
    return response


@blueprint.get("/sitemap.xml")
def sitemap() -> Response:
    paths = [url_for("shop.programme")]
    paths += [url_for("shop.programme", cinema=site.slug) for site in events.cinemas()]
    paths += [url_for("shop.film", slug=one.slug) for one in events.films()]
    addresses = [absolute(path) for path in paths]
    response = make_response(render_template("shop/sitemap.xml", addresses=addresses))
    response.headers["Content-Type"] = "application/xml; charset=utf-8"
    response.headers["Cache-Control"] = "public, max-age=3600"
    return response


def _briefly(key: tuple[object, ...], make: Callable[[], dict[str, Any]]) -> dict[str, Any]:
    """What `make` gives, kept for a second: between two visitors in one second nothing has changed that matters."""
    if current_app.testing:
        return make()
    kept = _kept.get(key)
    if kept is not None and kept[0] > time.monotonic():
        return kept[1]
    if len(_kept) > 200:
        _kept.clear()
    value = make()
    _kept[key] = (time.monotonic() + KEPT_SECONDS, value)
    return value
