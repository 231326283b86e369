"""The page of an order in each of its states, and its actions: mail again, cancel, answer a reseat."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import suppress
from datetime import timedelta
from typing import Any

from flask import redirect, render_template, request, url_for
from flask_babel import gettext as _
from werkzeug.wrappers import Response

from app.core import db, qr_symbol, throttle
from app.core.errors import Conflict, Invalid, TooMany
from app.orders import service as orders
from app.orders.service import OrderView, RefundChanged, WrongState
from app.payments import service as payments
from app.payments.service import Refund
from app.shop import blueprint, cinema, labels, order_labels, pickup, purchase, returned_mail
from app.shop.posters import poster
from app.shop.returned_mail import ReturnedMail
from app.shop.screening_line import screening_line
from app.tickets import service as tickets
from app.tickets.service import AlreadyAdmitted, Ticket
from app.web import links, page_swap
from app.web.actor import current_actor
from app.web.error_texts import sentence, wait
from app.web.links import absolute
from app.web.security import csrf

Page = tuple[str, int, dict[str, str]]
Answer = str | Response | tuple[str, int] | Page
MAILS_AN_HOUR = 5  # of one order
JUST_PAID = timedelta(minutes=1)  # for so long the tickets of the page are new and play their animation


@blueprint.get("/orders/<token>")
def order(token: str) -> Answer:
    found = orders.order(token)
    if not found.is_open:
        return _page(found)
    if found.is_awaiting_payment and not found.belongs_to(current_actor()):
        return redirect(purchase.address(found, "payment"), 303)  # The bank led back into another browser.
    return redirect(purchase.address(purchase.own_order(token), found.next_step), 303)


@blueprint.post("/orders/<token>")
@csrf.exempt
def order_after_post(token: str) -> Response:
    """Redirect a bank's page that returns by POST. It changes nothing."""
    return redirect(links.order(token), 303)


def _page(
    order: OrderView, *, error: str = "", status: int = 200, returned: ReturnedMail | None = None
) -> Page:
    issued = tickets.of_order(order.id) if order.paid_at else []
    collected = pickup.of_order(order)
    page = render_template(
        "shop/page_order.html",
        order=order,
        screening=order.screening,
        film=order.screening.film,
        line=screening_line(order.screening),
        poster=poster,
        stage=_stage(order),
        tickets=issued,
        change=_change(order, issued),
        qr_svg=qr_symbol.svg,
        type_name=tickets.type_name,
        required_proof=tickets.required_proof,
        companion_line=tickets.companion_line,
        now=order.read_at,
        torn=order.paid_at is not None and order.read_at - order.paid_at < JUST_PAID,
        lines=order_labels.lines(order),
        seats=_seats(order),
        **_refund_state(payments.refunds_of(order.id)),
        masked_email=order_labels.masked_email(order),
        returned=returned or returned_mail.returned_mail(order),
        mailed="mailed" in request.args,
        over=order.read_at >= order.screening.ends_at,
        offered_seats=orders.offered_seats(order),
        take_again=purchase.can_take_again(order),
        has_receipt=bool(payments.receipts_of(order.id)),
        directions=cinema.directions(order.screening.cinema),
        opens_at=tickets.opens_at(order.screening.starts_at),
        film_url=absolute(url_for("shop.film", slug=order.screening.film.slug)),
        pickup=collected,
        kept=0 if order.is_paid else collected.kept,
        error=error,
        phone_qr=_phone_qr(order),
    )
    return page, status, {"Cache-Control": "private, no-store"}  # Its QR codes are worth an admission.


def _seats(order: OrderView) -> str:
    """The names of the seats; their number, if they are many or in sections."""
    is_short = len(order.seats) == 1 or (len(order.seats) < labels.MANY_SEATS and not order.seats[0].section)
    return " ".join(seat.name for seat in order.seats) if is_short else labels.seats(len(order.seats))


def _refund_state(refunds: Sequence[Refund]) -> dict[str, Any]:
    """The refunds, the sums on their way and given back, and whether the bank has refused one."""
    return {
        "refunds": refunds,
        "on_its_way": sum(one.amount for one in refunds if one.is_pending),
        "given_back": sum(one.amount for one in refunds if one.is_done),
        "stuck": any(one.is_failed for one in refunds),
    }


def _phone_qr(order: OrderView) -> str | None:
    """At a kiosk: the QR that takes the tickets to a phone, as SVG; None once it was used."""
    key = orders.phone_link(order) if current_actor().channel == "kiosk" else None
    return qr_symbol.svg(absolute(links.kiosk(f"phone/{key}")), None) if key else None


def _stage(order: OrderView) -> str:
    """paid, reseat, cancelled (was paid), called_off, returned (late money), expired or ended (never paid)."""
    if order.is_paid or order.is_reseat_offered:
        return "paid" if order.is_paid else "reseat"
    if order.end_reason == "called_off" or (not order.paid_at and order.screening.status != "scheduled"):
        return "called_off"
    if (order.is_cancelled or order.is_refunded) and order.paid_at:
        return "cancelled"
    if order.is_refunded:
        return "returned"
    return "ended" if order.is_cancelled else "expired"


def _change(order: OrderView, issued: Sequence[Ticket]) -> order_labels.Change | None:
    """The change of the screening; None if no ticket of the order can still be admitted."""
    expected = order.is_paid and any(ticket.is_valid for ticket in issued)
    return order_labels.change(order) if expected else None


@blueprint.post("/orders/<token>/mails")
def mail_again(token: str) -> Answer:
    """Mail the tickets once more, to the order's own e-mail."""
    found = purchase.order_at_address(token)
    try:
        throttle.hit("order mails", token, limit=MAILS_AN_HOUR, seconds=3600)
        with db.transaction():
            orders.resend_tickets(token)
    except TooMany as many:
        return _page(
            found, error=_("It is on its way already. Look in the spam folder too."), status=many.status
        )
    except WrongState:
        return redirect(links.order(found.token), 303)
    return redirect(f"{links.order(found.token)}?mailed=1", 303)


@blueprint.post("/orders/<token>/email")
def correct_email(token: str) -> Answer:
    """Replace the order's e-mail, to which mails come back, and mail the tickets to the new one."""
    found, typed = purchase.order_at_address(token), request.form.get("email", "")
    if found.email is None or not returned_mail.comes_back(found.email):
        return redirect(links.order(found.token), 303)
    try:
        throttle.hit("order mails", token, limit=MAILS_AN_HOUR, seconds=3600)
        email = returned_mail.checked_correction(typed)
        with db.transaction():
            orders.correct_email(token, found.email, email)
    except Invalid as invalid:
        return _wrong_correction(found, typed, sentence(invalid), invalid.status)
    except TooMany as many:
        return _wrong_correction(found, typed, wait(many), many.status)
    except WrongState:
        return redirect(links.order(found.token), 303)
    return redirect(f"{links.order(found.token)}?mailed=1", 303)


def _wrong_correction(order: OrderView, typed: str, error: str, status: int) -> Page:
    notice = returned_mail.returned_mail(order, typed=typed, error=error)
    return _page(order, returned=notice, status=status)


@blueprint.get("/orders/<token>/pickup")
def pickup_state(token: str) -> Answer:
    """The part of the order's page that tells whether the counter calls, for the page that polls it."""
    found = purchase.order_at_address(token)
    if not page_swap.asked_by_htmx():
        return redirect(links.order(found.token), 303)
    part = render_template("shop/_pickup.html", order=found, pickup=pickup.of_order(found))
    return part, 200, {"Cache-Control": "private, no-store"}


@blueprint.post("/orders/<token>/pickup")
def ask_for_pickup(token: str) -> Response:
    """Put the order into the queue of the counter, because its customer is there."""
    purchase.order_at_address(token)
    with suppress(Conflict), db.transaction():
        orders.ask_for_pickup(token)
    return redirect(links.order(token), 303)


@blueprint.get("/orders/<token>/cancellation")
def cancellation(token: str) -> Answer:
    found = purchase.order_at_address(token)
    return _cancel_page(found) if found.can_cancel else redirect(links.order(found.token), 303)


@blueprint.post("/orders/<token>/cancellation")
def cancel(token: str) -> Answer:
    purchase.order_at_address(token)
    try:
        with db.transaction():
            orders.cancel(token, promised=_promised_refund())
    except RefundChanged:
        error = _("The counter has just handed something out, or taken it back. Look at the amount again.")
        return _cancel_page(orders.order(token), error=error), 409
    except AlreadyAdmitted:
        error = _("Somebody with a ticket of this order is inside already, so it can no longer be cancelled.")
        return _page(orders.order(token), error=error, status=409)
    except Conflict:
        return redirect(links.order(token), 303)
    return redirect(links.order(token), 303)


def _promised_refund() -> int | None:
    """The refund that the sent page showed, in centavos; None from a page of an older version."""
    return request.form.get("refund", type=int)


def _cancel_page(order: OrderView, *, error: str = "") -> str:
    collected = pickup.of_order(order)
    return render_template(
        "shop/page_cancel.html",
        order=order,
        screening=order.screening,
        film=order.screening.film,
        line=screening_line(order.screening),
        lines=order_labels.lines(order),
        change=_change(order, tickets.of_order(order.id)),
        pickup=collected,
        refund=order.total - collected.kept,
        error=error,
    )


@blueprint.post("/orders/<token>/reseat")
def answer_reseat(token: str) -> Response:
    """Accept the other seats, or decline them for the money."""
    purchase.order_at_address(token)
    try:
        with db.transaction():
            if request.form.get("answer") == "take":
                orders.accept_reseat(token)
            elif request.form.get("answer") == "money":
                orders.decline_reseat(token)
    except Conflict:
        pass  # The offer is over, or another tab answered it: the page shows its state.
    return redirect(links.order(token), 303)
