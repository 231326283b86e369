"""The devices page: managers pair kiosks, see the state of kiosks and doors, rename and revoke them."""

from __future__ import annotations

import uuid
from dataclasses import dataclass

from flask import Response, abort, flash, make_response, redirect, render_template, request, url_for
from flask_babel import gettext as _

from app.backoffice import blueprint
from app.core import db, showtime
from app.core.errors import Invalid, TooMany
from app.events import service as events
from app.events.service import Cinema
from app.orders import service as orders
from app.orders.service import DeviceSales
from app.payments import service as payments
from app.users import service as users
from app.users.service import Device
from app.web import error_texts
from app.web.actor import current_actor
from app.web.sign_in import require_role

require_manager = require_role("manager")


@dataclass(frozen=True, slots=True)
class DeviceLine:
    """A device as the page shows it.

    `sales` are those of the site's cinema day; `account` is the name of the account that uses a door device.
    """

    device: Device
    site: Cinema | None
    sales: DeviceSales
    account: str


@blueprint.get("/staff/devices")
@require_manager
def devices() -> Response:
    """Show all devices and the form that pairs another one."""
    return _page()


@blueprint.post("/staff/devices")
@require_manager
def pair_device() -> Response:
    """Pair the machine that shows the code."""
    form = request.form
    try:
        with db.transaction():
            users.confirm_pairing(form.get("code", ""), _site_id(), form.get("name", ""), current_actor())
    except Invalid as error:
        return _page(errors={error.field: error_texts.sentence(error)}, status=error.status)
    except TooMany as error:
        return _page(errors={"code": error_texts.wait(error)}, status=error.status)
    flash(_("Paired. The screen goes on by itself within a few seconds."))
    return make_response(redirect(url_for("backoffice.devices"), 303))


@blueprint.post("/staff/devices/<uuid:device_id>/name")
@require_manager
def rename_device(device_id: uuid.UUID) -> Response:
    """Give the device another name."""
    try:
        with db.transaction():
            users.rename_device(device_id, request.form.get("name", ""))
    except Invalid as error:
        return _page(renamed=device_id, errors={"new_name": error_texts.sentence(error)}, status=error.status)
    flash(_("The new name is saved."))
    return make_response(redirect(url_for("backoffice.devices"), 303))


@blueprint.post("/staff/devices/<uuid:device_id>/terminal")
@require_manager
def change_terminal(device_id: uuid.UUID) -> Response:
    """Say whether a card terminal stands at the kiosk: without one it does not offer the card."""
    present = request.form.get("terminal") == "yes"
    with db.transaction():
        users.set_terminal(device_id, present)
    flash(_("This kiosk takes cards now.") if present else _("This kiosk offers Pix alone now."))
    return make_response(redirect(url_for("backoffice.devices"), 303))


@blueprint.post("/staff/devices/<uuid:device_id>/revocation")
@require_manager
def revoke_device(device_id: uuid.UUID) -> Response:
    """End the device's access at once."""
    is_door = any(one.id == device_id and one.kind == "door" for one in users.list_devices())
    with db.transaction():
        users.revoke_device(device_id)
    if is_door:
        flash(_("The door is signed out. Its page deletes the tickets that it keeps."))
    else:
        flash(_("The device is signed out and sells no more."))
    return make_response(redirect(url_for("backoffice.devices"), 303))


def _site_id() -> int:
    """The chosen cinema's id. Raises Invalid `device.site`."""
    chosen = request.form.get("site", "")
    for site in events.cinemas():
        if str(site.id) == chosen:
            return site.id
    raise Invalid("device.site", "site")


def _page(
    *, errors: dict[str, str] | None = None, renamed: uuid.UUID | None = None, status: int = 200
) -> Response:
    lines = _lines()
    if renamed is not None and all(line.device.id != renamed for line in lines):
        abort(404)
    body = render_template(
        "backoffice/page_devices.html",
        lines=lines,
        choices=events.cinemas(),
        terminals=payments.has_terminals(),
        errors=errors or {},
        renamed=renamed,
        typed=request.form,
        now=events.now(),
    )
    return make_response(body, status)


def _lines() -> list[DeviceLine]:
    sites = {site.id: site for site in events.cinemas()}
    devices = users.list_devices()
    sales: dict[uuid.UUID, DeviceSales] = {}
    for site in sites.values():
        ids = [device.id for device in devices if device.site_id == site.id]
        since = showtime.cinema_day_start(events.today(site.slug), site.timezone)
        sales |= orders.sales_of_devices(ids, since) if ids else {}
    names = users.account_names([one.account_id for one in devices if one.account_id is not None])
    return [
        DeviceLine(
            device,
            sites.get(device.site_id),
            sales.get(device.id, DeviceSales()),
            names.get(device.account_id or 0, ""),
        )
        for device in devices
    ]
