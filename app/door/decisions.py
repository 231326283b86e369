"""The words of a supervisor's decisions: what may be decided, and the reasons."""

from __future__ import annotations

from app.tickets.service import Action, Admission
from app.web.locale import gettext as _


def action_text(action: Action, admission: Admission) -> str:
    """What the decision does, as staff choose it."""
    if action == "admit":
        return _("Let one more person in") if admission.verdict == "already" else _("Let in all the same")
    return {
        "undo": _("Undo this entry: the ticket is good again"),
        "let_out": _("Let the person out for a while"),
    }[action]


def reasons() -> dict[str, str]:
    """The reasons by their code (`tickets.service.REASONS`)."""
    return {
        "mistake": _("Scanned by mistake"),
        "came_back": _("Goes out and comes back"),
        "moved": _("Moved from another screening"),
        "paper": _("The ticket is old or damaged"),
        "other": _("Another reason"),
    }


def reason_line(admission: Admission) -> str:
    """The reason of a decision with its note; empty for a try without a decision."""
    said = reasons().get(admission.reason, "")
    return f"{said}: {admission.note}" if said and admission.note else said
