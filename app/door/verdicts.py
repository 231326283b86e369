"""What staff read at each answer of the door: of a ticket, of a code that is none, of trouble."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace

from flask_babel import gettext as _
from flask_babel import ngettext

from app.door.place import Place
from app.door.ticket_verdicts import OF_TICKET
from app.door.verdict import ALREADY, ELSEWHERE, IN, REFUSED, Verdict
from app.tickets.service import Admission

_WORST = (IN, ALREADY, ELSEWHERE, REFUSED)  # the worst last


def of(admission: Admission, place: Place) -> Verdict:
    """The answer in words, as seen from `place`."""
    if admission.ticket is None:
        return _OF_CODE[admission.verdict]()
    return OF_TICKET[admission.verdict](admission, admission.ticket, place)


def of_all(answers: Sequence[Verdict]) -> Verdict:
    """One answer to all codes that came in one go: the worst first, so that nobody is waved through by a better one."""
    first = max(answers, key=lambda one: _WORST.index(one.kind))
    others = tuple(one for one in answers if one is not first)
    if not others:
        return first
    tried = _("%(num)d codes came in one go. Each was tried.", num=len(answers))
    return replace(first, others=others, more=(tried, *first.more))


def too_many(seconds: int) -> Verdict:
    wait = ngettext("Type again in a second.", "Type again in %(num)d seconds.", seconds)
    return Verdict(
        REFUSED,
        _("One\nmoment"),
        demand=_("Too many wrong codes in a short time"),
        detail=wait,
        more=(_("Scanning QR codes still works."),),
    )


def no_answer() -> Verdict:
    """Shown by the page itself where the house does not answer."""
    return Verdict(
        REFUSED,
        _("No\nanswer"),
        demand=_("The network or the house does not answer"),
        more=(
            _("Scan again. If it says that the ticket went in a moment ago at your gate, it is this person."),
        ),
    )


def _unknown() -> Verdict:
    return Verdict(
        REFUSED,
        _("Not\nfound"),
        demand=_("No ticket of ours has this code"),
        more=(_("Check the letters, or scan the QR code. Another cinema's QR does not open this door."),),
    )


def _order_code() -> Verdict:
    return Verdict(
        REFUSED,
        _("Order\ncode"),
        demand=_("This is the code of an order, not of a ticket"),
        more=(_("Ask for the ticket's QR code, or for the ten characters under it."),),
    )


def _forged() -> Verdict:
    return Verdict(
        REFUSED,
        _("Forged\nQR"),
        demand=_("This QR code was not made by us"),
        more=(_("Let nobody in with it, and call your supervisor."),),
    )


def _cut() -> Verdict:
    return Verdict(
        REFUSED,
        _("Scan\nagain"),
        demand=_("Only a part of the QR code was read"),
        more=(_("Wipe the screen, turn its light up, and scan again. Or type the ten characters under it."),),
    )


def _garbled() -> Verdict:
    return Verdict(
        REFUSED,
        _("Read\ngarbled"),
        demand=_("The scanner types for another keyboard"),
        detail=_("The ticket may be good."),
        more=(
            _("Type the ten characters under the QR code."),
            _("Set the scanner's keyboard layout to this device's, or this device's to the scanner's."),
        ),
    )


_OF_CODE: dict[str, Callable[[], Verdict]] = {
    "unknown": _unknown,
    "order_code": _order_code,
    "forged": _forged,
    "cut": _cut,
    "garbled": _garbled,
}
