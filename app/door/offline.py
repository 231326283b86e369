"""The addresses of a door that also works without a network: it registers, gets its data, and sends scans later.

Only a door device of a signed-in member of staff gets data. The scans (offline_scans.py) alone need no session: it may
have ended while the network was away. An answer with `forget` makes the page delete all that it kept.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, timedelta
from functools import wraps
from typing import Concatenate, Final, ParamSpec

from flask import Response, flash, make_response, redirect, request, url_for
from flask_babel import gettext as _
from itsdangerous import BadData, URLSafeSerializer

from app.core import db
from app.core.config import settings
from app.core.errors import NotFound
from app.door import blueprint, offline_data, offline_elsewhere
from app.door.json_answers import answer
from app.door.offline_data import SiteDay
from app.door.place import current_place
from app.door.staff import STAFF_ROLES, require_staff
from app.events import service as events
from app.tickets import service as tickets
from app.tickets.service import DoorState
from app.users import service as users
from app.users.service import Device, User
from app.web.devices import current_door, remember_door
from app.web.locale import locale
from app.web.sign_in import signed_in_user

CURSOR_AGE: Final = timedelta(hours=12)
SEEN_EVERY: Final = timedelta(
    seconds=60
)  # a device that asks every few seconds is written down once in this time
_P = ParamSpec("_P")


@blueprint.post("/staff/offline/device")
@require_staff
def register_device() -> Response:
    """Register this browser as a door device of the site where it stands."""
    place, user, before = current_place(request), signed_in_user(), current_door()
    assert user is not None
    response = make_response(redirect(url_for("door.scan"), 303))
    if place.cinema is None:
        flash(_("Choose first where you stand."))
        return response
    with db.transaction():
        token = users.register_door(
            place.cinema.id, place.gate, user.id, registered=before.id if before is not None else None
        )
    remember_door(response, token)
    return response


@blueprint.post("/staff/offline/device/removal")
def remove_device() -> Response:
    """End this browser's registration; its page deletes what it kept."""
    device = current_door()
    if device is not None:
        try:
            with db.transaction():
                users.revoke_device(device.id)
        except NotFound:
            pass  # it was revoked at this moment
    response = make_response(redirect(url_for("door.scan"), 303))
    remember_door(response, "")
    return response


def _for_staff_device(
    view: Callable[Concatenate[Device, User, _P], Response],
) -> Callable[_P, Response]:
    """Decorate a view for a door device with a signed-in member of staff; it gets both. Others are told to forget."""

    @wraps(view)
    def guarded(*args: _P.args, **kwargs: _P.kwargs) -> Response:
        device, user = current_door(), signed_in_user()
        if device is None:
            return answer({"forget": True}, 410)
        if user is None or user.role not in STAFF_ROLES:
            return answer({"forget": True}, 401)
        is_new = device.account_id != user.id
        if is_new or device.last_seen_at is None or events.now() - device.last_seen_at > SEEN_EVERY:
            with db.transaction():
                users.see_door(device.id, user.id)
        return view(device, user, *args, **kwargs)

    return guarded


@blueprint.get("/staff/offline/snapshot")
@_for_staff_device
def snapshot(device: Device, user: User) -> Response:
    """All that the device needs to work without a network today."""
    day = offline_data.site_day(device.site_id)
    if day is None:
        return answer({"forget": True}, 410)
    state = tickets.door_state(day.site.id, day.starts_at)
    found = tickets.offline_tickets(day.not_over)
    body = offline_data.payload(day, state, found, device, user, locale())
    elsewhere = offline_elsewhere.payload(day, locale())
    return answer(body | {"elsewhere": elsewhere, "cursor": _cursor(day, state)})


@blueprint.get("/staff/offline/changes")
@_for_staff_device
def changes(device: Device, user: User) -> Response:
    """What has changed since the cursor; 410 if the device must get a snapshot instead."""
    day = offline_data.site_day(device.site_id)
    if day is None:
        return answer({"forget": True}, 410)
    since = _snapshot_of(request.args.get("cursor", ""), day)
    state = tickets.door_state(day.site.id, day.starts_at, since=since) if since else None
    if since is None or state is None or tickets.is_of_the_future(since, state.snapshot):
        return answer({"resnapshot": True}, 410)
    found = tickets.offline_tickets(day.not_over, since=since)
    body = offline_data.payload(day, state, found, device, user, locale())
    return answer(body | {"cursor": _cursor(day, state)})


def _signer() -> URLSafeSerializer:
    return URLSafeSerializer(settings().web.accepted_keys, salt="door cursor")


def _cursor(day: SiteDay, state: DoorState) -> str:
    """The state that the device has now, signed: its parts become part of a query again."""
    parts = [state.snapshot, int(state.now.timestamp()), day.site.id, day.day.isoformat(), day.not_over]
    return str(_signer().dumps(parts))


def _snapshot_of(cursor: str, day: SiteDay) -> str | None:
    """The snapshot in the cursor; None if it is too old, of another day or site, or has not all screenings of today."""
    try:
        snapshot, taken_at, site_id, of_day, screening_ids = _signer().loads(cursor)
    except BadData:
        return None
    is_current = (
        site_id == day.site.id
        and date.fromisoformat(of_day) == day.day
        and day.now.timestamp() - taken_at < CURSOR_AGE.total_seconds()
        and set(screening_ids) >= set(day.not_over)
    )
    return str(snapshot) if is_current else None
