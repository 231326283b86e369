"""The pages of the sandbox bank, on which a tester acts as the bank's customer. They exist for this provider only."""

from __future__ import annotations

from flask import redirect, render_template, request, url_for
from werkzeug.wrappers import Response

from app.adapters import psp
from app.adapters.psp.sandbox import REFUND_MODES, Sandbox
from app.adapters.psp.sandbox_views import BankView
from app.core import db
from app.core.config import settings
from app.core.errors import NotFound
from app.payments import service as payments
from app.shop import blueprint
from app.web.security import safe_next

LATE_SECONDS = 20.0


def _bank() -> Sandbox:
    """The sandbox bank. Raises NotFound for another provider."""
    if settings().payments.provider != "sandbox":
        raise NotFound("sandbox bank")
    return payments.sandbox()


def _charge_view(charge_id: str) -> BankView:
    try:
        return _bank().view(charge_id)
    except psp.UnknownCharge:
        raise NotFound("charge") from None


@blueprint.get("/sandbox-bank/<charge_id>")
def sandbox_bank(charge_id: str) -> str:
    view = _charge_view(charge_id)
    return render_template("shop/page_sandbox_bank.html", view=view, back=_return_path(view), answer=None)


@blueprint.post("/sandbox-bank/<charge_id>")
def sandbox_bank_act(charge_id: str) -> Response | str | tuple[str, int]:
    """Perform an act of the customer or the bank, then redirect to the order as a real bank's page does."""
    view = _charge_view(charge_id)
    act = request.form.get("act", "")
    if act.startswith("refunds-") and act.removeprefix("refunds-") in REFUND_MODES:
        _bank().set_refund_mode(charge_id, act.removeprefix("refunds-"))
        return redirect(url_for("shop.sandbox_bank", charge_id=charge_id), 303)
    try:
        known = _perform(_bank(), view, act)
    except psp.Refused as error:
        return (
            render_template(
                "shop/page_sandbox_bank.html", view=view, back=_return_path(view), answer=str(error)
            ),
            409,
        )
    if not known:
        return render_template(
            "shop/page_sandbox_bank.html", view=view, back=_return_path(view), answer=""
        ), 422
    _post_notifications(_bank())
    return redirect(_return_path(view), 303)


def _post_notifications(bank: Sandbox) -> None:
    """Deliver the bank's webhooks at once, instead of by the worker within a second."""
    for notification in bank.notifications():
        with db.transaction():
            payments.receive_webhook(bank.name, notification.headers, notification.body)
        bank.delivered(notification.id)


def _perform(bank: Sandbox, view: BankView, act: str) -> bool:
    if act == "pay":
        bank.pay(view.id)
    elif act == "decline":
        bank.decline(view.id)
    elif act == "late":
        bank.pay(view.id, after=LATE_SECONDS)
    elif act == "after-end":
        bank.pay(view.id, after=_until_claims_end(view), stubborn=True)
    elif act == "report-late":
        bank.pay(view.id, report_after=_until_claims_end(view))
    elif act == "webhook-twice":
        bank.pay(view.id, webhooks=2)
    elif act == "pay-twice":
        bank.pay(view.id, times=2)
    elif act == "out-of-order":
        bank.pay(view.id, hidden=3.0)
    elif act == "wrong-amount":
        bank.pay(view.id, amount=max(1, view.amount - 100))
    elif act != "never":
        return False
    return True


def _until_claims_end(view: BankView) -> float:
    """Seconds until the order's seats are free for others."""
    return max(0.0, view.seconds_left) + settings().holds.grace_seconds + 5


def _return_path(view: BankView) -> str:
    """The order's payment page, as a path of this site."""
    public = settings().web.public_url
    return safe_next(view.return_url.removeprefix(public), "/")
