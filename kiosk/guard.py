"""What a kiosk reaches: its own pages and the steps of a purchase at its site. Everything else is not there (404).

The list names what is allowed, so that a page that is added later is not open by mistake.
"""

from __future__ import annotations

from contextlib import suppress

from flask import abort, current_app, redirect, request
from werkzeug.exceptions import HTTPException
from werkzeug.wrappers import Response

from app.events import service as events
from app.orders import service as orders
from app.users.service import Device
from app.web import devices, links
from app.web.actor import current_actor
from kiosk import blueprint

ALLOWED = frozenset(
    {
        "static",
        "health.alive",
        "health.ready",
        "language.switch",
        "shop.seats",
        "shop.seats_json",
        "shop.seat_events",
        "shop.start_order",
        "shop.change_seats",
        "shop.write_changed_seats",
        "shop.types",
        "shop.choose_types",
        "shop.concessions",
        "shop.choose_concessions",
        "shop.checkout",
        "shop.check_out",
        "shop.extend",
        "shop.clock",
        "shop.abandon",
        "shop.payment",
        "shop.choose_method",
        "shop.stop_payment",
        "shop.payment_status",
        "shop.order",
        "shop.answer_reseat",
        "shop.sandbox_bank",
        "shop.sandbox_bank_act",
    }
)
PROGRAMME = frozenset({"shop.programme", "shop.film"})  # the kiosk has a programme of its own


@blueprint.before_app_request
def restrict() -> Response | None:
    """Refuse a kiosk what is not for it; no other browser is concerned."""
    device = devices.current_kiosk() if devices.device_token() is not None else None
    if device is None:
        return None
    endpoint = request.endpoint or _endpoint_of_form()
    if endpoint in PROGRAMME:
        return redirect(links.kiosk("programme"), 303)
    if request.blueprint != blueprint.name and endpoint not in ALLOWED:
        abort(404)
    if _is_elsewhere(device) or _is_of_another_visit():
        abort(404)
    return None


def _endpoint_of_form() -> str:
    """The endpoint of a form's address that was opened as a page, as by the language switch after an error; else "".

    The answer to it is the page of the form.
    """
    addresses = current_app.create_url_adapter(request)
    with suppress(HTTPException):
        return str(addresses.match(request.path, method="POST")[0]) if addresses is not None else ""
    return ""


def _is_elsewhere(device: Device) -> bool:
    """Whether the address is of a screening at another site."""
    screening_id = (request.view_args or {}).get("screening_id")
    return screening_id is not None and events.screening(screening_id).cinema.id != device.site_id


def _is_of_another_visit() -> bool:
    """Whether the address is of an order that another visit made: the browser's history has it. Raises NotFound."""
    token = (request.view_args or {}).get("token")
    return token is not None and not orders.order(token).belongs_to(current_actor())
