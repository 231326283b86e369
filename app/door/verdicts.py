"""The verdicts in words for staff: on tickets, on codes that are no ticket's, and on failures."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace

from flask_babel import ngettext

from app.door.place import Place
from app.door.ticket_verdicts import TICKET_VERDICTS
from app.door.verdict import ALREADY, ELSEWHERE, IN, NOTED, REFUSED, Verdict
from app.tickets import service as tickets
from app.tickets.service import Admission
from app.web.locale import gettext as _

_SEVERITY = (NOTED, IN, ALREADY, ELSEWHERE, REFUSED)  # from the best to the worst


def verdict_of(admission: Admission, place: Place) -> Verdict:
    """The verdict on a try at `place`."""
    if admission.ticket is None:
        return CODE_VERDICTS[admission.verdict]()
    verdict = TICKET_VERDICTS[admission.verdict](admission, admission.ticket, place)
    return replace(verdict, try_id=admission.id) if tickets.actions_on(admission) else verdict


def combined_verdict(answers: Sequence[Verdict]) -> Verdict:
    """One verdict on all codes that were sent together: the worst is shown first, so that staff do not overlook it."""
    first = max(answers, key=lambda one: _SEVERITY.index(one.kind))
    others = tuple(one for one in answers if one is not first)
    if not others:
        return first
    tried = _("%(num)d codes came in one go. Each was tried.", num=len(answers))
    return replace(first, others=others, more=(tried, *first.more))


def too_many(seconds: int) -> Verdict:
    """The verdict after too many wrong codes; the next one is accepted in `seconds`."""
    wait = ngettext("Type again in a second.", "Type again in %(num)d seconds.", seconds)
    return Verdict(
        REFUSED,
        _("One\nmoment"),
        demand=_("Too many wrong codes in a short time"),
        detail=wait,
        more=(_("Scanning QR codes still works."),),
    )


def no_answer() -> Verdict:
    """The verdict that the page shows when the server does not answer."""
    return Verdict(
        REFUSED,
        _("No\nanswer"),
        demand=_("The network or the server does not answer"),
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
        more=(
            _("Ask for the ticket's QR code, or for the ten characters under it."),
            _("If nothing was printed, find the order in the guest list."),
        ),
    )


def _forged() -> Verdict:
    return Verdict(
        REFUSED,
        _("Forged\nQR"),
        demand=_("This QR code was not made by us"),
        more=(_("Let nobody in with it, and call your supervisor."),),
    )


def _unknown_key() -> Verdict:
    return Verdict(
        REFUSED,
        _("Unknown\nkey"),
        demand=_("This QR code names a signing key that is not ours"),
        detail=_("Another cinema's system made it, or it is forged."),
        more=(_("Let nobody in with it. Type the ten characters under it, or call your supervisor."),),
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


CODE_VERDICTS: dict[str, Callable[[], Verdict]] = {
    "unknown": _unknown,
    "order_code": _order_code,
    "forged": _forged,
    "unknown_key": _unknown_key,
    "cut": _cut,
    "garbled": _garbled,
}
