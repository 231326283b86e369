"""The page of conflicts: people whom a door without a network let in, and whom the server would have refused."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from flask import Response, render_template
from flask_babel import gettext as _

from app.core.errors import NotFound
from app.core.i18n import auditorium_name, format_day_short, format_time, local
from app.door import blueprint
from app.door.page_answers import uncached
from app.door.staff import require_supervisor
from app.events import service as events
from app.tickets import service as tickets
from app.tickets.service import Conflict
from app.users import service as users
from app.web.locale import locale

SHOWN_DAYS = 7


@dataclass(frozen=True, slots=True)
class ConflictLine:
    """A conflict in words. `first` is what speaks against the scan, `scan` the scan: each is time, gate and account."""

    conflict: Conflict
    reason: str
    screening: str
    first: str
    scan: str


@blueprint.get("/staff/conflicts")
@require_supervisor
def conflicts() -> Response:
    """Show the conflicts of the last days, the newest first."""
    found = tickets.recent_conflicts(SHOWN_DAYS)
    accounts = {number for one in found for number in (one.other_by, one.by_user_id) if number is not None}
    names = users.account_names(accounts)
    return uncached(render_template("door/page_conflicts.html", lines=[_line(one, names) for one in found]))


def _line(one: Conflict, names: dict[int, str]) -> ConflictLine:
    try:
        screening = events.screening(one.screening_id)
        zone = screening.cinema.timezone
        where = ", ".join(
            (
                screening.film.title_in(locale()),
                auditorium_name(screening.auditorium_name, locale()),
                screening.showtime.day_and_time(locale()),
            )
        )
    except NotFound:
        sites = events.cinemas()
        zone, where = sites[0].timezone if sites else "America/Sao_Paulo", ""
    first = _fact(one.other_at, one.other_gate, names.get(one.other_by or 0, ""), zone)
    scan = _fact(one.scanned_at, one.gate, names.get(one.by_user_id or 0, ""), zone)
    return ConflictLine(one, _reasons()[one.reason], where, first, scan)


def _fact(at: datetime | None, gate: str, name: str, zone: str) -> str:
    if at is None:
        return ""
    day = format_day_short(local(at, zone).date(), locale())
    return ", ".join(part for part in (day, format_time(at, locale(), zone), gate, name) if part)


def _reasons() -> dict[str, str]:
    return {
        "twice": _("Let in at two doors"),
        "revoked": _("Let in with a cancelled ticket"),
        "called_off": _("Let in to a screening that was called off"),
        "undone": _("Let in, while another entry was undone"),
        "replaced": _("Let in with an old QR code"),
        "other_cinema": _("Let in at another cinema"),
        "other_day": _("Let in on another day"),
        "other_screening": _("Let in to another screening"),
        "too_early": _("Let in too early"),
        "over": _("Let in after the end"),
    }
