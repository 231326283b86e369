"""The pages of the sandbox terminals, on which a tester acts as the person with the card. They exist for them only."""

from __future__ import annotations

import uuid
from urllib.parse import urlencode

from flask import make_response, redirect, render_template, request
from werkzeug.wrappers import Response

from app.adapters.terminal.sandbox import SandboxTerminals, TerminalView
from app.adapters.terminal.sandbox_statements import ACTS
from app.core import db
from app.core.errors import NotFound
from app.orders import service as orders
from app.payments import service as payments
from app.users import service as users
from app.users.service import Device
from app.web import devices, links
from app.web.security import current_visitor
from kiosk import blueprint

LOST_SECONDS = 20.0  # an approval is not told for so long
OFF_SECONDS = 60.0


@blueprint.get("/sandbox-terminal")
def sandbox_terminals() -> Response | str:
    """The kiosks with a terminal; if there is one alone, its page."""
    _terminals()
    kiosks = _kiosks()
    if len(kiosks) == 1:
        return redirect(links.sandbox_terminal(kiosks[0].id), 303)
    return render_template("kiosk/page_sandbox_terminals.html", kiosks=kiosks)


@blueprint.get("/sandbox-terminal/<uuid:device_id>")
def sandbox_terminal(device_id: uuid.UUID) -> Response:
    return _page(_kiosk(device_id))


@blueprint.get("/sandbox-terminal/<uuid:device_id>/status")
def sandbox_terminal_status(device_id: uuid.UUID) -> Response:
    """204 while the page is up to date, else its part that has changed."""
    kiosk = _kiosk(device_id)
    view = _terminals().view(kiosk.id)
    if request.args.get("seen") == _seen(view):
        return make_response("", 204)
    return make_response(render_template("kiosk/_sandbox_terminal.html", **_context(kiosk, view)))


@blueprint.post("/sandbox-terminal/<uuid:device_id>")
def sandbox_terminal_act(device_id: uuid.UUID) -> Response:
    """Perform an act at the terminal. Leads back to the terminal's page, at the kiosk itself to the payment."""
    kiosk = _kiosk(device_id)
    transaction_id, act = request.form.get("transaction", ""), request.form.get("act", "")
    if _behave(kiosk, act):
        return redirect(links.sandbox_terminal(kiosk.id), 303)
    if act not in (*ACTS, "lost"):
        return _page(kiosk, 422)
    if act == "lost":  # silent before the approval, else the tick of payments could learn of it
        _terminals().be_silent(kiosk.id, LOST_SECONDS)
    if not _terminals().act(kiosk.id, transaction_id[:40], "approve" if act == "lost" else act):
        return _page(kiosk, 409)
    if act not in ("lost", "insert"):
        with db.transaction():
            payments.report_change(transaction_id)
        return redirect(_back(kiosk) or links.sandbox_terminal(kiosk.id), 303)
    return redirect(links.sandbox_terminal(kiosk.id), 303)


def _behave(kiosk: Device, act: str) -> bool:
    """Set how the terminal behaves from now on; False for another act."""
    if act in ("off", "on"):
        _terminals().be_silent(kiosk.id, OFF_SECONDS if act == "off" else 0.0)
    elif act in ("reversals-ok", "reversals-fail"):
        _terminals().refuse_reversals(kiosk.id, act == "reversals-fail")
    else:
        return False
    return True


def _terminals() -> SandboxTerminals:
    """The sandbox terminals. Raises NotFound where there are others, or none."""
    if not payments.is_sandbox():
        raise NotFound("sandbox terminal")
    return payments.sandbox_terminals()


def _kiosks() -> list[Device]:
    with db.reading():
        return [device for device in users.list_devices() if device.kind == "kiosk"]


def _kiosk(device_id: uuid.UUID) -> Device:
    """The kiosk with this terminal. Raises NotFound."""
    _terminals()
    for kiosk in _kiosks():
        if kiosk.id == device_id:
            return kiosk
    raise NotFound("kiosk")


def _page(kiosk: Device, status: int = 200) -> Response:
    body = render_template(
        "kiosk/page_sandbox_terminal.html", status=status, **_context(kiosk, _terminals().view(kiosk.id))
    )
    return make_response(body, status, {"Cache-Control": "no-store"})


def _context(kiosk: Device, view: TerminalView) -> dict[str, object]:
    address = links.sandbox_terminal(kiosk.id, "status")
    return {
        "device": kiosk,
        "view": view,
        "status_url": f"{address}?{urlencode({'seen': _seen(view)})}",
        "back": _back(kiosk),
    }


def _seen(view: TerminalView) -> str:
    """A word that changes with all that the page shows."""
    return f"{view.id}.{view.state}.{view.reversed}.{view.silent:d}.{view.refuses_reversals:d}"


def _back(kiosk: Device) -> str | None:
    """The page of the payment that goes on, in the browser of the kiosk itself; None in another browser."""
    here, visitor = devices.current_kiosk(), current_visitor()
    if here is None or here.id != kiosk.id:
        return None
    open_orders = orders.open_orders_of(visitor) if visitor else []
    waiting = [order for order in open_orders if order.is_awaiting_payment]
    return links.order(waiting[0].token, "payment") if waiting else links.kiosk()
