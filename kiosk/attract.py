"""The page that a kiosk shows while nobody uses it, and the programme that a touch leads to."""

from __future__ import annotations

from datetime import date

from flask import make_response, redirect, render_template, request, url_for
from flask_babel import gettext as _
from werkzeug.wrappers import Response

from app.core.errors import NotFound
from app.core.i18n import format_time
from app.events import service as events
from app.events.service import Film
from app.users.service import Device
from app.web import devices, links
from app.web.locale import locale
from kiosk import blueprint, pairing, visits
from kiosk.showings import by_film, days, next_showings, showings, site_of

SLOTS = 3  # posters side by side
NEXT = 4  # screenings on the first page


@blueprint.get("/kiosk")
def home() -> Response:
    """The attract page; on a machine that is not paired, the code that it shows to a manager."""
    device = devices.current_kiosk()
    return _attract_page(device) if device is not None else pairing.page()


def _attract_page(device: Device) -> Response:
    """If a visit is open, as after a crash of the browser, the page ends it by itself."""
    site = site_of(device)
    coming = next_showings(site, NEXT)
    day = coming[0].screening.showtime.cinema_day if coming else events.today(site.slug)
    films = [one.film for one in by_film(showings(site, day))]
    body = render_template(
        "kiosk/page_attract.html",
        site=site,
        site_time=format_time(events.now(), locale(), site.timezone),
        is_today=day == events.today(site.slug),
        day=day,
        coming=coming,
        wall=_wall(films),
        poster=poster,
        visit_is_open=visits.is_open(),
    )
    return make_response(body)


def _wall(films: list[Film]) -> list[list[Film]]:
    """The films of each slot; the page shows one after another. The first film is in the middle."""
    slots = [films[slot::SLOTS] for slot in range(min(SLOTS, len(films)))]
    return [slots[1], slots[0], slots[2]] if len(slots) == SLOTS else slots


@blueprint.get("/kiosk/programme")
def programme() -> Response:
    """The films of one day (`day`) at the kiosk's site, by default of the next one with screenings."""
    device = devices.current_kiosk()
    if device is None:
        was_kiosk = devices.device_token() is not None  # revoked while this page was open
        return redirect(links.kiosk() if was_kiosk else links.HOME, 303)
    site = site_of(device)
    choices = days(site)
    day = _chosen_day(choices)
    body = render_template(
        "kiosk/page_programme.html",
        film_title=_("What would you like to see?"),
        line=site.name,
        back_url=None,
        site=site,
        days=choices,
        day=day,
        today=events.unambiguous_today(site.slug),
        films=by_film(showings(site, day)) if day else [],
        versions={"dubbed": _("Dub"), "subtitled": _("Sub"), "original": _("Orig")},
        poster=poster,
        locale=locale(),
    )
    return make_response(body)


def _chosen_day(choices: list[date]) -> date | None:
    chosen = request.args.get("day")
    if chosen is None:
        return choices[0] if choices else None
    found = next((day for day in choices if day.isoformat() == chosen), None)
    if found is None:
        raise NotFound("day")
    return found


def poster(film: Film) -> str:
    """The address of the film's poster, or of the blank poster if it has none."""
    return url_for("static", filename=f"img/posters/{film.poster or 'blank'}.svg")
