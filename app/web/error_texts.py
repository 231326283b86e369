"""The texts of errors: one sentence for each error code, and title and sentence of whole error pages.

An error carries its status (`error.status`) and a stable code; front ends show the sentence where the person looks.
A sentence for one form only has the form's name before the code (`account:name.missing`).
"""

from __future__ import annotations

from typing import Any

from flask_babel import gettext as _
from flask_babel import ngettext

from app.core.config import settings
from app.core.errors import BilheteriaError, Invalid, TooMany
from app.events.service import ScreeningClosed
from app.products import service as products

ACCOUNT, WAITING_LIST = "account", "waiting-list"  # forms with their own sentences


def sentence(error: BilheteriaError, form: str = "") -> str:
    """The sentence for `error`, in the visitor's language. `form` is one of those above, or empty."""
    if isinstance(error, TooMany):
        return _("Too many tries in a short time. Wait a minute and try again.")
    code = getattr(error, "code", "")
    details = getattr(error, "details", {})
    if code == "half_price.gone":
        return half_price_gone(details["left"])
    texts = _texts(details)
    if found := texts.get(f"{form}:{code}") or texts.get(code):
        return found
    return (
        _("That does not fit.") if isinstance(error, Invalid) else _("That did not work. Please try again.")
    )


def _texts(details: dict[str, Any]) -> dict[str, str]:
    """Error code → sentence; `details` are the values of the error."""
    return (
        _of_seats()
        | _of_types_and_concessions()
        | _of_buyers(details)
        | _of_accounts()
        | _of_devices(details)
        | _of_supervision(details)
        | _of_requests()
    )


def _of_seats() -> dict[str, str]:
    most = settings().holds.max_seats
    return {
        "seats.none": _("Choose at least one seat."),
        "seats.too_many": _("At most %(most)s seats an order.", most=most),
        "seats.repeated": _("One seat was sent twice. Choose again."),
        "seats.unknown": _("That seat is not in this room. Choose on the map."),
        "seats.halved": _("A love seat is sold whole: take both of its places."),
        "seats.lost": _("Those seats have just gone."),
        "seats.nothing_fits": _("There are not that many free seats side by side."),
        "quantity.range": _("Ask for 1 to %(most)s seats.", most=most),
        "order.once": _("This page was out of date. Please try again."),
        "reservation.not_held": _("Your time is over and the seats were let go. Choose again."),
        "offer.over": _("This offer is over: the seats went to the next in line."),
        "request.too_many": _("You are in too many lines already. Leave one of them first."),
        "request.over": _("This place in line is over."),
    }


def _of_types_and_concessions() -> dict[str, str]:
    return {
        "types.missing": _("Choose full price or half price for this seat."),
        "types.kind_missing": _("Choose why this seat pays half: the door asks for the proof."),
        "types.companion_alone": _("A companion pays half beside a disabled person, one each."),
        "types.foreign_seat": _("That seat is not part of this order."),
        "age.unconfirmed": _("Please confirm the age rating before you go on."),
        "products.unknown": _("Something you chose is no longer on the menu."),
        "products.quantity": _("A whole number from 0 to %(most)s, please.", most=products.MOST_OF_ONE),
    }


def _of_buyers(details: dict[str, Any]) -> dict[str, str]:
    return {
        "name.missing": _("Tell us your name: the order goes under it."),
        "name.no_letters": _("A name has letters: write it as people call you."),
        "name.too_long": _(
            "That name is too long for us: %(most)s letters at most.", most=details.get("most")
        ),
        "email.missing": _("We need an e-mail address to send your tickets to."),
        "email.wrong": _("This e-mail address is not complete. An example: ana@example.com"),
        "email.returned": _("Mails to this address come back. Look at each letter."),
        f"{WAITING_LIST}:email.missing": _("That is not an e-mail address."),
        f"{WAITING_LIST}:email.wrong": _("That is not an e-mail address."),
        "cpf.wrong": _("This CPF does not add up. Check the digits, or leave it empty."),
        "payment.method": _("Choose Pix or card."),
    }


def _of_accounts() -> dict[str, str]:
    return {
        f"{ACCOUNT}:name.missing": _("Tell us your name."),
        f"{ACCOUNT}:name.too_long": _("That name is too long for a ticket."),
        f"{ACCOUNT}:email.missing": _("Where may we write to?"),
        f"{ACCOUNT}:email.wrong": _("This e-mail looks incomplete. It needs an @ and a domain."),
        "password.short": _("At least 8 characters. A short sentence works well."),
        "password.long": _("At most 200 characters."),
        "password.old_wrong": _("That is not your current password."),
        "sign_in.wrong": _("E-mail and password do not match."),
        "sign_in.too_long_ago": _("You typed your password too long ago. Type it again."),
        "code.missing": _("Type the code that your app shows."),
        "code.wrong": _("That code is wrong or was used already. Wait for the next one."),
    }


def _of_supervision(details: dict[str, Any]) -> dict[str, str]:
    return {
        "action.missing": _("Choose what to do."),
        "reason.missing": _("Choose why: the reason is written down."),
        "reason.note_missing": _("Write the reason in a few words."),
        "reason.note_too_long": _("At most %(num)d letters.", num=details.get("most", 0)),
        "supervisor.missing": _("Choose who decides."),
        "supervision.superseded": _("This ticket has changed since. Scan it again."),
        "pin.wrong": _("That is not this person's PIN."),
        "pin.digits": _(
            "%(least)s to %(most)s digits.", least=details.get("least", 0), most=details.get("most", 0)
        ),
        "pin.simple": _("That is too easy to guess. Mix the digits."),
    }


def _of_devices(details: dict[str, Any]) -> dict[str, str]:
    return {
        "device.name_missing": _("Give the device a name, such as “Kiosk 1”."),
        "device.name_too_long": _("At most %(num)d letters.", num=details.get("most", 0)),
        "device.site": _("Choose the cinema in which the device stands."),
        "pairing.code": _("No machine shows this code. It may be over: look at the screen again."),
        "gate.code": _("That is a ticket's code, not a gate's name. Scan it into the field at the bottom."),
        "gate.too_long": _("At most %(num)d letters.", num=details.get("most", 0)),
        "counter.site": _("Choose a cinema."),
        "key.waits": _("A new key waits already. Make the next one when it signs."),
        "keys.changed": _("The keys have just changed. Look at them, then decide."),
        "handout.nothing": _("Choose at least one item."),
        "handout.quantity": _("A whole number, please."),
        "place.unknown": _("That screening is over or was called off. Choose another."),
    }


def _of_requests() -> dict[str, str]:
    """Of requests to the REST API."""
    return {
        "admission.once": _("This scan was answered long ago. Scan the ticket again."),
        "cursor.unknown": _("No list ended with this cursor."),
        "idempotency.key": _("Send a random Idempotency-Key of 16 to 200 characters."),
        "idempotency.other_request": _("This Idempotency-Key was used for another request."),
        "idempotency.running": _("The first request with this Idempotency-Key is not answered yet."),
        "order.no_more_extensions": _("The time of this order cannot be extended again."),
        "order.over": _("This order cannot be changed any more: it is over, or it is being paid."),
        "order.refund_changed": _(
            "The counter has just handed something out, or taken it back. Look at the amount again."
        ),
        "order.state": _("The order is in another state. Read it again."),
        "tickets.admitted": _(
            "Somebody with a ticket of this order is inside already, so it can no longer be cancelled."
        ),
        "order.total_changed": _("The total has changed. Read the order again."),
        "token.missing": _("This needs an access token: send it in the header Authorization, after Bearer."),
        "token.invalid": _("This access token is not valid here."),
        "token.expired": _("This access token has ended. Get a new one."),
        "token.scope": _("This access token does not allow that."),
        "account.unknown": _("No account here belongs to this access token."),
        "partner.blocked": _("This partner is blocked. Ask the cinema."),
        "partner.site": _("This partner does not sell for this cinema."),
        "webhook.address": _("That is not an address of the form https://host/path."),
        "webhook.address_scheme": _("Webhooks go to addresses with https:// only."),
        "webhook.address_host": _("The host must be a name, with a dot in it."),
        "webhook.address_port": _("Webhooks do not go to this port. Leave it out."),
        "webhook.events": _("Choose one or more of the events that exist."),
        "webhook.range": _("The end must be later than the beginning."),
        "webhook.too_many": _("A partner has only a few webhooks. Delete one first."),
    }


def half_price_gone(left: int) -> str:
    """The sentence when a screening has fewer half-price places left than the form asks for."""
    if left == 0:
        return _("The half-price tickets of this screening are gone. Full price and 60+ are still there.")
    return ngettext(
        "Only %(num)d half-price ticket is left for this screening. Your seats are safe.",
        "Only %(num)d half-price tickets are left for this screening. Your seats are safe.",
        left,
    )


def out_of_stock(left: int) -> str:
    """The sentence when less of a product is in stock than the form asks for."""
    if left == 0:
        return _("This has just sold out.")
    return ngettext("Only %(num)d is left.", "Only %(num)d are left.", left)


def wait(error: TooMany) -> str:
    """The sentence that says in how many minutes the next try is allowed."""
    return ngettext(
        "Too many tries. Try again in a minute.",
        "Too many tries. Try again in %(num)d minutes.",
        -(-error.retry_after // 60),
    )


def closed(error: ScreeningClosed) -> tuple[str, str]:
    """Title and sentence of the page that says why a screening is no longer sold."""
    return {
        "cancelled": (_("Called off"), _("The cinema has called this screening off.")),
        "started": (_("It has begun"), _("This screening has begun; tickets are no longer sold online.")),
        "closed": (
            _("Sales are over"),
            _("Online sales of this screening are over. The box office may have seats."),
        ),
    }[error.code]


def of_status(status: int) -> tuple[str, str]:
    """Title and sentence of a whole error page."""
    not_read = (_("That does not fit"), _("We could not read what was sent. Go back and try again."))
    pages = {
        403: (_("Staff only"), _("This door is not for this account.")),
        404: (_("Reel not found"), _("This page is not here, or no longer. The programme is.")),
        405: (
            _("Nothing to see here"),
            _("This address only takes forms. The programme is a better place."),
        ),
        409: (
            _("Things have changed"),
            _("Somebody was quicker, or this step is over. Start again."),
        ),
        413: (_("Too much film"), _("What was sent is too large for us.")),
        429: (_("One moment, please"), _("Too many tries in a short time. Wait a minute and try again.")),
    }
    if status >= 500:
        return _("Reel out of place"), _(
            "Something broke on our side. Nothing was charged twice; please try again."
        )
    return pages.get(status, not_read)
