"""What the counter says about refused codes and refused hand-outs."""

from __future__ import annotations

from flask_babel import gettext as _

from app.core.errors import BilheteriaError, NotFound
from app.orders.service import OtherSite, WrongState
from app.users import service as users
from app.web import error_texts


def refused_code(verdict: str) -> str:
    """Why a scanned or typed text leads to no order; `verdict` is one of `tickets.identify`."""
    return {
        "order_code": _("No order of ours has this code. Check its letters and digits."),
        "unknown_key": _("This QR code names a signing key that is not ours"),
        "forged": _("This QR code was not made by us. Hand nothing out, and call your supervisor."),
        "cut": _("Only a part of the QR code was read. Scan it again, or type the ten characters under it."),
        "garbled": _("The scanner types for another keyboard. Type the ten characters under the QR code."),
        "replaced": _(
            "This QR code was replaced by a newer one. Ask for the newer one, on the order's page."
        ),
    }.get(verdict, _("No ticket of ours has this code. Check the letters, or scan the QR code."))


def refusal(error: BilheteriaError) -> str:
    """Why nothing was handed out, or a hand-out was not undone."""
    if isinstance(error, WrongState):
        return {
            "cancelled": _("This order was cancelled: hand nothing out."),
            "refunded": _("This order was cancelled and refunded: hand nothing out."),
        }.get(error.state, _("This order is not paid: hand nothing out."))
    if isinstance(error, OtherSite):
        return _("This order is for %(cinema)s. Its snacks are handed out there.", cinema=error.cinema)
    texts = {
        "handout.not_left": _("So many are not left: another counter was quicker. Look at the list again."),
        "handout.not_undoable": _(
            "It is too late to undo this: five minutes are over, or it was undone before."
        ),
        "pickup.not_queued": _(
            "This order is no longer in the queue: all of it was handed out, or it was cancelled."
        ),
    }
    return texts.get(getattr(error, "code", "")) or error_texts.sentence(error)


def by_name(user_id: int | None) -> str:
    """The first name of the account that did it: `Ana`; empty if it is gone."""
    try:
        name = users.user(user_id).name.split() if user_id is not None else []
    except NotFound:
        name = []
    return name[0] if name else ""
