"""The verdicts on known tickets, in words for staff: the seat, or the reason of the refusal."""

from __future__ import annotations

from collections.abc import Callable

from flask_babel import gettext as _

from app.core.errors import NotFound
from app.core.i18n import (
    auditorium_name,
    format_day_short,
    format_duration,
    format_time,
    local,
)
from app.door import decisions, demands
from app.door.place import Place
from app.door.verdict import ALREADY, ELSEWHERE, IN, NOT_YET, NOTED, REFUSED, Verdict
from app.events import service as events
from app.tickets import service as tickets
from app.tickets.service import Admission, Ticket
from app.users import service as users
from app.web.locale import locale


def _admitted(admission: Admission, ticket: Ticket, place: Place) -> Verdict:
    proof = demands.proof(ticket)
    beside = [_auditorium(ticket), _row_and_seat(ticket)]
    if not proof:
        beside.append(_("%(type)s, no document needed", type=tickets.type_short(ticket, locale())))
    beside.append(demands.people(admission))
    return Verdict(
        IN,
        _("Come\nin"),
        ticket.short_name,
        tuple(beside),
        demand=tickets.type_short(ticket, locale()) if proof else "",
        detail=proof,
        more=(
            *demands.admission_note(admission),
            *demands.change_note(ticket),
            *demands.concessions(admission),
        ),
        age=ticket.facts.age_rating if demands.age_rule(ticket) else "",
        age_rule=demands.age_rule(ticket),
    )


def _undone(admission: Admission, ticket: Ticket, place: Place) -> Verdict:
    return _noted(_("Entry\nundone"), admission, ticket, _("The ticket is good again, once."))


def _let_out(admission: Admission, ticket: Ticket, place: Place) -> Verdict:
    return _noted(_("May\ngo out"), admission, ticket, _("Scan the same ticket when the person comes back."))


def _noted(title: str, admission: Admission, ticket: Ticket, detail: str) -> Verdict:
    """The verdict after a supervisor's decision that admits nobody."""
    return Verdict(
        NOTED,
        title,
        ticket.short_name,
        (_auditorium(ticket), _row_and_seat(ticket)),
        demand=decisions.reason_line(admission),
        detail=detail,
    )


def _already(admission: Admission, ticket: Ticket, place: Place) -> Verdict:
    zone, at = ticket.facts.timezone, admission.admitted_at
    assert at is not None
    beside = [admission.gate or "", _admitted_by(admission.by_user_id)]
    day, today = local(at, zone).date(), local(events.now(), zone).date()
    if day != today:
        beside.insert(0, format_day_short(day, locale()))
    minutes = max(0, int((events.now() - at).total_seconds() // 60))
    ago = (
        _("The same ticket, scanned just now")
        if minutes < 1
        else _("The same ticket, scanned %(duration)s ago", duration=format_duration(minutes, locale()))
    )
    return Verdict(
        ALREADY,
        _("Already\nin"),
        format_time(at, locale(), zone),
        tuple(line for line in beside if line),
        demand=_(
            "Seat %(seat)s, %(room)s, %(time)s",
            seat=ticket.seat_name,
            room=_auditorium(ticket),
            time=_start_time(ticket),
        ),
        detail=ago,
        more=(_("Have the seat looked at. Only your supervisor lets in twice."),),
    )


def _revoked(admission: Admission, ticket: Ticket, place: Place) -> Verdict:
    return Verdict(
        REFUSED,
        _("Ticket\ncancelled"),
        ticket.short_name,
        (*_section(ticket), _auditorium(ticket), _start_time(ticket)),
        demand=_("Order %(code)s was cancelled", code=ticket.facts.order_code),
        detail=_("The money goes back, and the seat is on sale again."),
        more=(_("This ticket lets nobody in any more."),),
    )


def _called_off(admission: Admission, ticket: Ticket, place: Place) -> Verdict:
    try:
        reason = events.screening(ticket.facts.screening_id).cancel_reason
    except NotFound:
        reason = ""
    return Verdict(
        REFUSED,
        _("Screening\ncalled off"),
        _start_time(ticket),
        _film_and_auditorium(ticket),
        demand=_("The cinema called this screening off"),
        detail=reason,
        more=(_("The money goes back by itself; nobody has to ask for it."),),
    )


def _replaced(admission: Admission, ticket: Ticket, place: Place) -> Verdict:
    return Verdict(
        REFUSED,
        _("Old\nQR"),
        ticket.short_name,
        (*_section(ticket), _auditorium(ticket), _start_time(ticket)),
        demand=_("This QR code was replaced by a newer one"),
        more=(_("Ask for the newer one, on the order's page. Or type the ten characters under it."),),
    )


def _other_screening(admission: Admission, ticket: Ticket, place: Place) -> Verdict:
    """Name the auditorium to go to; in the same auditorium, the other time."""
    facts, here = ticket.facts, place.screening
    same_room = here is not None and here.auditorium_name == facts.auditorium_name
    return Verdict(
        ELSEWHERE,
        _("Another\ntime") if same_room else _("Go to\n%(room)s", room=_auditorium(ticket)),
        _start_time(ticket),
        _film_and_auditorium(ticket),
        demand=_("Seat %(seat)s", seat=ticket.seat_name),
        detail=_("The ticket is good, but not for the screening of this door."),
        move_to=_open_screening_id(ticket),
    )


def _other_day(admission: Admission, ticket: Ticket, place: Place) -> Verdict:
    facts = ticket.facts
    day = facts.showtime.day_long(locale())
    is_past = facts.starts_at < events.now()
    return Verdict(
        REFUSED if is_past else ELSEWHERE,
        _("Another\nday"),
        facts.showtime.day_short(locale()),
        (facts.showtime.weekday(locale()), _start_time(ticket)),
        demand=facts.title_in(locale()),
        detail=_("This screening was on %(day)s.", day=day)
        if is_past
        else _("The ticket is good for %(day)s.", day=day),
    )


def _other_cinema(admission: Admission, ticket: Ticket, place: Place) -> Verdict:
    facts = ticket.facts
    return Verdict(
        ELSEWHERE,
        _("Another\ncinema"),
        demand=facts.cinema_name,
        detail=facts.cinema_address,
        more=(
            ", ".join((*_film_and_auditorium(ticket), _start_time(ticket))),
            *(() if _is_today(ticket) else (_day_of(ticket),)),
        ),
    )


def _too_early(admission: Admission, ticket: Ticket, place: Place) -> Verdict:
    facts = ticket.facts
    opens = facts.showtime.time(locale(), tickets.opens_at(facts.starts_at))
    return Verdict(
        NOT_YET,
        _("Not yet:\nopens at %(time)s", time=opens),
        _start_time(ticket),
        _film_and_auditorium(ticket),
        demand=_("Seat %(seat)s", seat=ticket.seat_name),
        detail=_("The ticket stays good. Scan it again when the room is open."),
    )


def _over(admission: Admission, ticket: Ticket, place: Place) -> Verdict:
    facts = ticket.facts
    return Verdict(
        REFUSED,
        _("Already\nover"),
        _start_time(ticket),
        _film_and_auditorium(ticket),
        demand=_("This screening ended at %(time)s", time=facts.showtime.time(locale(), facts.ends_at)),
    )


def _start_time(ticket: Ticket) -> str:
    return ticket.facts.showtime.time(locale())


def _auditorium(ticket: Ticket) -> str:
    return auditorium_name(ticket.facts.auditorium_name, locale())


def _film_and_auditorium(ticket: Ticket) -> tuple[str, str]:
    return ticket.facts.title_in(locale()), _auditorium(ticket)


def _section(ticket: Ticket) -> tuple[str, ...]:
    return (ticket.section,) if ticket.section else ()


def _row_and_seat(ticket: Ticket) -> str:
    return ticket.long_name(locale())


def _is_today(ticket: Ticket) -> bool:
    facts = ticket.facts
    return facts.showtime.cinema_day == events.cinema_day(events.now(), facts.timezone)


def _day_of(ticket: Ticket) -> str:
    return _("On %(day)s.", day=ticket.facts.showtime.day_long(locale()))


def _open_screening_id(ticket: Ticket) -> int | None:
    try:
        screening = events.screening(ticket.facts.screening_id)
    except NotFound:
        return None
    is_open = screening.status == "scheduled" and screening.ends_at > events.now()
    return screening.id if is_open else None


def _admitted_by(user_id: int | None) -> str:
    """The first name of the account that admitted the ticket: `por Ana`."""
    try:
        name = users.user(user_id).name.split() if user_id is not None else []
    except NotFound:
        name = []
    return _("by %(name)s", name=name[0]) if name else ""


TICKET_VERDICTS: dict[str, Callable[[Admission, Ticket, Place], Verdict]] = {
    "admitted": _admitted,
    "readmitted": _admitted,
    "admitted_early": _admitted,
    "admitted_override": _admitted,
    "admitted_again": _admitted,
    "admitted_offline": _admitted,
    "conflict": _already,
    "undone": _undone,
    "let_out": _let_out,
    "already": _already,
    "revoked": _revoked,
    "called_off": _called_off,
    "replaced": _replaced,
    "other_screening": _other_screening,
    "other_day": _other_day,
    "other_cinema": _other_cinema,
    "too_early": _too_early,
    "over": _over,
}
