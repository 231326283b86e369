"""The verdicts on known tickets, in words for staff: the seat, or the reason of the refusal."""

from __future__ import annotations

from collections.abc import Callable

from app.core.errors import NotFound
from app.core.i18n import (
    auditorium_name,
    format_day_short,
    format_duration,
    format_time,
    local,
)
from app.door import decisions, demands, verdict_words
from app.door.place import Place
from app.door.verdict import NOTED, Verdict
from app.events import service as events
from app.tickets import service as tickets
from app.tickets.service import Admission, Ticket
from app.users import service as users
from app.web.locale import gettext as _
from app.web.locale import locale


def _admitted(admission: Admission, ticket: Ticket, place: Place) -> Verdict:
    proof = demands.proof(ticket)
    beside = [_auditorium(ticket), _row_and_seat(ticket)]
    if not proof:
        beside.append(_("%(type)s, no document needed", type=tickets.type_short(ticket, locale())))
    beside.append(demands.people(admission))
    rule = demands.age_rule(ticket.facts.age_rating)
    return verdict_words.admitted(
        big=ticket.short_name,
        beside=beside,
        ticket_type=tickets.type_short(ticket, locale()),
        proof=proof,
        more=(
            *demands.admission_note(admission),
            *demands.change_note(ticket),
            *demands.concessions(admission),
        ),
        age=ticket.facts.age_rating if rule else "",
        age_rule=rule,
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
    return verdict_words.already(
        admitted_at=format_time(at, locale(), zone),
        beside=[line for line in beside if line],
        seat=ticket.seat_name,
        room=_auditorium(ticket),
        starts=_start_time(ticket),
        ago=demands.scanned_ago(format_duration(minutes, locale()) if minutes else ""),
    )


def _revoked(admission: Admission, ticket: Ticket, place: Place) -> Verdict:
    return verdict_words.revoked(
        seat=ticket.short_name, beside=_where(ticket), order_code=ticket.facts.order_code
    )


def _called_off(admission: Admission, ticket: Ticket, place: Place) -> Verdict:
    try:
        reason = events.screening(ticket.facts.screening_id).cancel_reason
    except NotFound:
        reason = ""
    return verdict_words.called_off(
        starts=_start_time(ticket), beside=_film_and_auditorium(ticket), reason=reason
    )


def _conflict(admission: Admission, ticket: Ticket, place: Place) -> Verdict:
    """The online answer to a scan that came as an offline one before, and found a ticket that admits nobody."""
    if admission.admitted_at is not None:
        return _already(admission, ticket, place)
    return (_called_off if ticket.is_valid else _revoked)(admission, ticket, place)


def _replaced(admission: Admission, ticket: Ticket, place: Place) -> Verdict:
    return verdict_words.replaced(seat=ticket.short_name, beside=_where(ticket))


def _other_screening(admission: Admission, ticket: Ticket, place: Place) -> Verdict:
    """Name the auditorium to go to; in the same auditorium, the other time."""
    here = place.screening
    same_room = here is not None and here.auditorium_name == ticket.facts.auditorium_name
    return verdict_words.other_screening(
        room="" if same_room else _auditorium(ticket),
        starts=_start_time(ticket),
        beside=_film_and_auditorium(ticket),
        seat=ticket.seat_name,
        move_to=_open_screening_id(ticket),
    )


def _other_day(admission: Admission, ticket: Ticket, place: Place) -> Verdict:
    facts = ticket.facts
    return verdict_words.other_day(
        is_past=facts.starts_at < events.now(),
        day_short=facts.showtime.day_short(locale()),
        weekday=facts.showtime.weekday(locale()),
        starts=_start_time(ticket),
        film=facts.title_in(locale()),
        day=facts.showtime.day_long(locale()),
    )


def _other_cinema(admission: Admission, ticket: Ticket, place: Place) -> Verdict:
    facts = ticket.facts
    return verdict_words.other_cinema(
        cinema=facts.cinema_name,
        address=facts.cinema_address,
        screening=", ".join((*_film_and_auditorium(ticket), _start_time(ticket))),
        on_day="" if _is_today(ticket) else on_day(facts.showtime.day_long(locale())),
    )


def _too_early(admission: Admission, ticket: Ticket, place: Place) -> Verdict:
    facts = ticket.facts
    return verdict_words.too_early(
        opens=facts.showtime.time(locale(), tickets.opens_at(facts.starts_at)),
        starts=_start_time(ticket),
        beside=_film_and_auditorium(ticket),
        seat=ticket.seat_name,
    )


def _over(admission: Admission, ticket: Ticket, place: Place) -> Verdict:
    facts = ticket.facts
    return verdict_words.over(
        starts=_start_time(ticket),
        beside=_film_and_auditorium(ticket),
        ended=facts.showtime.time(locale(), facts.ends_at),
    )


def _start_time(ticket: Ticket) -> str:
    return ticket.facts.showtime.time(locale())


def _auditorium(ticket: Ticket) -> str:
    return auditorium_name(ticket.facts.auditorium_name, locale())


def _film_and_auditorium(ticket: Ticket) -> tuple[str, str]:
    return ticket.facts.title_in(locale()), _auditorium(ticket)


def _where(ticket: Ticket) -> tuple[str, ...]:
    return (*filter(None, (ticket.section,)), _auditorium(ticket), _start_time(ticket))


def _row_and_seat(ticket: Ticket) -> str:
    return ticket.long_name(locale())


def _is_today(ticket: Ticket) -> bool:
    facts = ticket.facts
    return facts.showtime.cinema_day == events.cinema_day(events.now(), facts.timezone)


def on_day(day: str) -> str:
    """`On Thursday, 3 December.`"""
    return _("On %(day)s.", day=day)


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
    "conflict": _conflict,
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
