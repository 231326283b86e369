"""The verdicts on tickets from texts that are already formatted.

The server's pages fill them with the facts of a ticket; a door without network gets them with slots, such as `{seat}`,
which its page fills.
"""

from __future__ import annotations

from collections.abc import Sequence

from app.door.verdict import ALREADY, ELSEWHERE, IN, NOT_YET, REFUSED, Verdict
from app.web.locale import gettext as _


def admitted(
    *,
    big: str,
    beside: Sequence[str],
    ticket_type: str,
    proof: str,
    more: Sequence[str] = (),
    age: str = "",
    age_rule: str = "",
) -> Verdict:
    return Verdict(
        IN,
        _("Come\nin"),
        big,
        tuple(beside),
        demand=ticket_type if proof else "",
        detail=proof,
        more=tuple(more),
        age=age,
        age_rule=age_rule,
    )


def already(
    *, admitted_at: str, beside: Sequence[str], seat: str, room: str, starts: str, ago: str
) -> Verdict:
    return Verdict(
        ALREADY,
        _("Already\nin"),
        admitted_at,
        tuple(beside),
        demand=_("Seat %(seat)s, %(room)s, %(time)s", seat=seat, room=room, time=starts),
        detail=ago,
        more=(_("Have the seat looked at. Only your supervisor lets in twice."),),
    )


def revoked(*, seat: str, beside: Sequence[str], order_code: str) -> Verdict:
    return Verdict(
        REFUSED,
        _("Ticket\ncancelled"),
        seat,
        tuple(beside),
        demand=_("Order %(code)s was cancelled", code=order_code),
        detail=_("The money goes back, and the seat is on sale again."),
        more=(_("This ticket lets nobody in any more."),),
    )


def called_off(*, starts: str, beside: Sequence[str], reason: str) -> Verdict:
    return Verdict(
        REFUSED,
        _("Screening\ncalled off"),
        starts,
        tuple(beside),
        demand=_("The cinema called this screening off"),
        detail=reason,
        more=(_("The money goes back by itself; nobody has to ask for it."),),
    )


def replaced(*, seat: str, beside: Sequence[str]) -> Verdict:
    return Verdict(
        REFUSED,
        _("Old\nQR"),
        seat,
        tuple(beside),
        demand=_("This QR code was replaced by a newer one"),
        more=(_("Ask for the newer one, on the order's page. Or type the ten characters under it."),),
    )


def other_screening(
    *, room: str, starts: str, beside: Sequence[str], seat: str, move_to: int | None = None
) -> Verdict:
    """`room` is where to go to; empty for another time in the same auditorium."""
    return Verdict(
        ELSEWHERE,
        _("Go to\n%(room)s", room=room) if room else _("Another\ntime"),
        starts,
        tuple(beside),
        demand=_("Seat %(seat)s", seat=seat),
        detail=_("The ticket is good, but not for the screening of this door."),
        move_to=move_to,
    )


def other_day(*, is_past: bool, day_short: str, weekday: str, starts: str, film: str, day: str) -> Verdict:
    """`day` is the date in full."""
    return Verdict(
        REFUSED if is_past else ELSEWHERE,
        _("Another\nday"),
        day_short,
        (weekday, starts),
        demand=film,
        detail=_("This screening was on %(day)s.", day=day)
        if is_past
        else _("The ticket is good for %(day)s.", day=day),
    )


def other_cinema(*, cinema: str, address: str, screening: str, on_day: str) -> Verdict:
    """`screening` is its film, auditorium and time; `on_day` is empty for a screening of today."""
    return Verdict(
        ELSEWHERE,
        _("Another\ncinema"),
        demand=cinema,
        detail=address,
        more=(screening, on_day) if on_day else (screening,),
    )


def too_early(*, opens: str, starts: str, beside: Sequence[str], seat: str) -> Verdict:
    return Verdict(
        NOT_YET,
        _("Not yet:\nopens at %(time)s", time=opens),
        starts,
        tuple(beside),
        demand=_("Seat %(seat)s", seat=seat),
        detail=_("The ticket stays good. Scan it again when the room is open."),
    )


def over(*, starts: str, beside: Sequence[str], ended: str) -> Verdict:
    return Verdict(
        REFUSED,
        _("Already\nover"),
        starts,
        tuple(beside),
        demand=_("This screening ended at %(time)s", time=ended),
    )
