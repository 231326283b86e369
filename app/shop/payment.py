"""The payment page: the Pix code or the link to the card page, the wait for the provider, and failed payments.

The page turns into the order's page by itself: htmx polls `…/payment/status`, which costs one statement while nothing
changes. Without scripts the page reloads itself.
"""

from __future__ import annotations

import uuid
from dataclasses import dataclass
from urllib.parse import urlencode

from flask import Response, redirect, render_template, request
from flask_babel import gettext as _
from htmx_flask import make_response
from werkzeug.wrappers import Response as BaseResponse

from app.core import db, qr_symbol
from app.core.errors import Conflict, Invalid, NotFound
from app.orders import service as orders
from app.orders.service import OrderView
from app.payments import service as payments
from app.payments.service import Charge
from app.shop import blueprint, purchase
from app.web import links, page_swap
from app.web.actor import current_actor
from app.web.security import redirect_foreign_post

RELOAD_SECONDS = 5  # without scripts


@dataclass(frozen=True, slots=True)
class PaymentStatus:
    """The state of an order's payment, as the page shows it.

    `stage` is preparing, slow, code, card, terminal (it waits for the card), stopping (the terminal is being told to
    stop), received, failed or over; for money that did not settle the order it is returned (the refund is pending),
    went_back (it arrived) or stuck (it failed). `seen` is the progress in short.
    """

    stage: str
    charge: Charge | None
    seen: str
    minutes_left: int

    @property
    def can_change(self) -> bool:
        """Whether the state may change without an act of the customer."""
        return self.stage not in ("failed", "went_back", "stuck") and self.charge is not None


@blueprint.get("/orders/<token>/payment")
def payment(token: str) -> BaseResponse:
    order = purchase.order_of_request(token)
    if not order.belongs_to(current_actor()):
        return _page_for_another_browser(order)
    elsewhere = _address_of_other_page(order)
    if elsewhere:
        return redirect(elsewhere, 303)
    return _page(order)


@blueprint.post("/orders/<token>/payment")
@redirect_foreign_post(links.order)
def choose_method(token: str) -> BaseResponse:
    """Change the method, or try the same one again after a refusal."""
    method = request.form.get("method", "")
    try:
        with db.transaction():
            changed = orders.change_method(
                token,
                purchase.checked_method(method),
                current_actor(),
                shown_revision=purchase.shown_number("revision"),
                return_url=purchase.return_url(token),
            )
    except Invalid:
        return _page(purchase.own_order(token), _("Choose Pix or card."), 422)
    except Conflict:
        order = purchase.own_order(token)
        elsewhere = _address_of_other_page(order)
        if elsewhere:
            return redirect(elsewhere, 303)
        return _page(order, None, 409)
    purchase.reuse_order(changed)
    return page_swap.next_page("shop.payment", token=token)


@blueprint.post("/orders/<token>/payment/stop")
def stop_payment(token: str) -> BaseResponse:
    """Stop the payment at the card terminal; the order keeps its seats. A card that was approved before has paid."""
    try:
        with db.transaction():
            orders.stop_payment(token, current_actor())
    except Conflict:
        return redirect(links.order(token), 303)
    return page_swap.next_page("shop.payment", token=token)


@blueprint.get("/orders/<token>/payment/status")
def payment_status(token: str) -> BaseResponse:
    """204 while the page is up to date; else its new part, the order's page, or an address (`HX-Redirect`)."""
    seen = request.args.get("seen", "")
    charge_id = _uuid(request.args.get("charge", ""))
    if seen and charge_id and not seen.startswith("confirmed"):
        now = payments.progress(charge_id)
        if now == seen:
            return make_response("", 204)
        if now.endswith("+settled"):  # Read nothing more here: the order's own page does.
            return page_swap.replace_page("shop.order", token=token)
    order = orders.order(token)
    if not order.belongs_to(current_actor()):
        return _state_for_another_browser(order)
    elsewhere = _address_of_other_page(order)
    state = None if elsewhere else _status_of(order)
    if state and state.stage in ("received", "returned") and state.seen == seen:
        return make_response("", 204)
    if state and state.stage == "card" and seen in ("created", "unknown") and state.charge:
        elsewhere = state.charge.redirect_url
    if elsewhere == links.order(order.token):
        return page_swap.replace_page("shop.order", token=token)
    if elsewhere or state is None:
        return make_response("", 204, redirect=elsewhere)
    return make_response(render_template("shop/_payment.html", **_context(order, state)))


def _page_for_another_browser(order: OrderView) -> BaseResponse:
    """The payment page of a browser that did not begin the order: it names neither the buyer nor the seats.

    A banking app may return to another browser, and cookies get lost. Leads to the order once it is paid. Raises
    NotFound for an order without a payment.
    """
    if not order.is_open:
        return redirect(links.order(order.token), 303)
    if not order.is_awaiting_payment:
        raise NotFound("order")
    charge, seen = payments.newest_charge(order.id) or (None, "none")
    page = render_template(
        "shop/page_payment_elsewhere.html",
        order=order,
        charge=charge,
        status_url=_status_url(order, charge, seen) if charge else None,
    )
    return make_response(page, 200, {"Cache-Control": "private, no-store"})


def _state_for_another_browser(order: OrderView) -> BaseResponse:
    if not order.is_open:
        return make_response("", 204, redirect=links.order(order.token))
    if not order.is_awaiting_payment:
        raise NotFound("order")
    return make_response("", 204)


def _page(order: OrderView, error: str | None = None, status: int = 200) -> Response:
    state = _status_of(order)
    response = make_response(
        render_template("shop/page_payment.html", **_context(order, state), error=error), status
    )
    response.headers["Cache-Control"] = "private, no-store"
    return response


def _status_url(order: OrderView, charge: Charge, seen: str) -> str:
    """The address that a page with this `charge` and progress polls."""
    return f"{links.order(order.token, 'payment/status')}?{urlencode({'charge': charge.id, 'seen': seen})}"


def _address_of_other_page(order: OrderView) -> str | None:
    """The address of the page that fits the order; None if that is the payment page."""
    if order.is_draft:
        return purchase.address(order, order.next_step)
    if order.is_awaiting_payment or order.is_expired:
        return None
    return links.order(order.token)


def _status_of(order: OrderView) -> PaymentStatus:
    charge, seen = payments.newest_charge(order.id) or (None, "none")
    left = max(0, int((order.deadline - order.read_at).total_seconds()) // 60)
    return PaymentStatus(_stage(order, charge, seen), charge, seen, left)


def _stage(order: OrderView, charge: Charge | None, seen: str) -> str:
    if "+returned" in seen:
        return "went_back" if "+back" in seen else "stuck" if "+stuck" in seen else "returned"
    if charge is not None and charge.is_confirmed:
        return "received"
    if order.is_expired or order.is_over:
        return "over"
    if charge is not None and charge.is_at_terminal and charge.is_cancelling:
        return "stopping"
    if charge is None or not charge.live:
        return "failed"
    if charge.is_at_terminal and charge.is_pending:
        return "terminal"
    if charge.pix_code:
        return "code"
    if charge.redirect_url:
        return "card"
    return "slow" if charge.is_unknown else "preparing"


def _received_amount(order: OrderView, charge: Charge) -> int:
    """The amount in centavos that arrived for this charge."""
    return sum(receipt.amount for receipt in payments.receipts_of(order.id) if receipt.charge_id == charge.id)


def _context(order: OrderView, state: PaymentStatus) -> dict[str, object]:
    charge = state.charge
    did_not_fit = state.stage in ("returned", "went_back", "stuck")
    clock_runs = state.stage not in ("over", "received") and not did_not_fit
    frame = purchase.frame(order, "checkout")
    if not clock_runs:
        frame["deadline"] = None
    # The notice stands in the part that is replaced: the part's forms agree to the screening that it shows.
    change, frame["change"] = frame["change"], None
    return frame | {
        "clock_url": None,  # The page has no fields to keep, and payment_wait.js polls.
        "over_url": None,  # The page itself shows how the order ended.
        "keeps_page": False,
        "status_url": _status_url(order, charge, state.seen) if charge and state.can_change else None,
        "back_url": None,  # An order that is being paid cannot be changed.
        "step_links": {},
        "state": state,
        "change_within": change if clock_runs else None,
        "take_again": state.stage == "over" and purchase.can_take_again(order),
        "charge": charge,
        "came": _received_amount(order, charge) if charge and did_not_fit else 0,
        "qr": qr_symbol.svg(charge.pix_code, charge.pix_symbol, quiet=2)
        if charge and charge.pix_code and state.stage == "code"
        else None,
        "terminal_page": _sandbox_terminal_page(),
        "bank_page": links.sandbox_bank(charge.provider_charge_id)
        if charge and charge.provider_charge_id
        else None,
        "reload_seconds": RELOAD_SECONDS if state.can_change else None,
    }


def _sandbox_terminal_page() -> str | None:
    """The page that drives the kiosk's own terminal, if it is one of the sandbox."""
    kiosk = current_actor().device
    return links.sandbox_terminal(kiosk) if kiosk is not None and payments.is_sandbox() else None


def _uuid(text: str) -> uuid.UUID | None:
    try:
        return uuid.UUID(text)
    except ValueError:
        return None
