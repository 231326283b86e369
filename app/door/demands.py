"""What staff ask of a person who may come in, and what they tell them: proof, age rule, order, snacks, notes."""

from __future__ import annotations

from flask_babel import ngettext

from app.door import decisions
from app.products import service as products
from app.tickets import service as tickets
from app.tickets.service import Admission, Ticket
from app.web.locale import gettext as _
from app.web.locale import locale


def proof(ticket: Ticket) -> str:
    """What to ask the person for; empty if no document is needed."""
    return proof_line(ticket.half_kind, tickets.required_proof(ticket, locale()))


def proof_line(half_kind: str | None, document: str) -> str:
    """What to ask a person of this half-price kind for; empty if no document is needed."""
    if not document:
        return ""
    if half_kind == "student":
        # Lei 12.933/2013: a student card is valid until 31 March of the year after its issue.
        return _("Ask for: %(proof)s, valid until March 31", proof=document)
    if half_kind == "companion":  # the document is a rule: they show none
        return document[:1].upper() + document[1:]
    return _("Ask for: %(proof)s", proof=document)


def people(admission: Admission) -> str:
    """How many people of the order are still to come."""
    if admission.order_size < 2:
        return _("1 person")
    if not admission.left_in_order:
        return _("All %(num)d of the order are in", num=admission.order_size)
    return ngettext(
        "%(num)d more person of the order to come",
        "%(num)d more people of the order to come",
        admission.left_in_order,
    )


def age_rule(rating: str) -> str:
    """Who may see a film below its age rating (Portaria MJSP 502/2021, article 10); empty if it says nothing."""
    if rating == "18":
        return _("Nobody under 16. At 16 and 17 only with written permission.")
    if rating in ("10", "12", "14", "16"):
        return _("Under %(age)s only with a guardian, or with written permission.", age=rating)
    return ""


def scanned_ago(duration: str) -> str:
    """How long ago the ticket was scanned before; an empty `duration` is less than a minute."""
    if not duration:
        return _("The same ticket, scanned just now")
    return _("The same ticket, scanned %(duration)s ago", duration=duration)


def admission_note(admission: Admission) -> tuple[str, ...]:
    """How a person came in who was not admitted in the usual way, and why."""
    notes = {
        "admitted_early": _("Let in before the room opened."),
        "admitted_override": _("Let in by a supervisor."),
        "admitted_again": _("Let in a second time by a supervisor."),
        "readmitted": _("Back from outside."),
    }
    note = notes.get(admission.verdict)
    return tuple(part for part in (note, decisions.reason_line(admission)) if part)


def change_note(ticket: Ticket) -> tuple[str, ...]:
    """A note for a guest whose printed ticket shows a former version of the film."""
    if not ticket.facts.is_changed:
        return ()
    version = tickets.version_name(ticket.facts, locale())
    return (_("This screening has changed: it is now %(version)s.", version=version),)


def concessions(admission: Admission) -> tuple[str, ...]:
    """The snacks that the counter has not handed out yet."""
    ticket = admission.ticket
    if ticket is None or not admission.concessions:
        return ()
    left = products.left_to_collect(ticket.order_id)
    things = [
        f"{thing.quantity} × {thing.name_in(locale())}" if thing.quantity > 1 else thing.name_in(locale())
        for thing in (admission.concessions if left is None else left)
    ]
    return (_("To pick up at the counter: %(things)s", things=", ".join(things)),) if things else ()
