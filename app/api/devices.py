"""The devices of the cinemas: kiosks and doors. Managers list, rename and revoke them."""

from __future__ import annotations

import uuid
from typing import Any, ClassVar

from flask import Response, make_response
from marshmallow import Schema, fields, validate

from app.api.identity import require
from app.api.lists import PageArguments, page_of
from app.api.programme_schemas import list_of
from app.api.resource import Resource
from app.core import db
from app.core.errors import NotFound
from app.events import service as events
from app.users import service as users
from app.users.service import Device

SERVICE, PATH = "users", "/devices"
blueprint = Resource("devices", about="Kiosks and doors, for managers")


class DeviceSchema(Schema):
    id = fields.UUID()
    kind = fields.String(validate=validate.OneOf(("kiosk", "door")))
    name = fields.String()
    cinema = fields.String(allow_none=True, metadata={"description": "slug"})
    created_at = fields.AwareDateTime(format="iso")
    last_seen_at = fields.AwareDateTime(format="iso", allow_none=True)
    version = fields.String()
    printer_state = fields.String(
        metadata={"description": "`unknown`, `ready`, `offline`, `cover_open`, `failed`"}
    )
    paper_state = fields.String(metadata={"description": "`unknown`, `enough`, `low`, `out`"})


class DeviceNameSchema(Schema):
    EXAMPLE: ClassVar[dict[str, object]] = {"name": "Kiosk 1"}

    name = fields.String(required=True, validate=validate.Length(max=400))


@blueprint.get("")
@require("manager")
@blueprint.query(PageArguments)
@blueprint.response(200, list_of(DeviceSchema))
@blueprint.doc(operationId="listDevices")
def list_devices(limit: int, cursor: str) -> object:
    """List the devices that are not revoked, in the order in which they were paired"""
    page = page_of(sorted(users.list_devices(), key=_key), _key, limit=limit, cursor=cursor)
    slugs = _slugs()
    return page | {"items": [_view(device, slugs) for device in page["items"]]}


@blueprint.patch("/<uuid:device_id>")
@require("manager")
@blueprint.body(DeviceNameSchema)
@blueprint.response(200, DeviceSchema)
@blueprint.doc(operationId="renameDevice")
def rename_device(device_id: uuid.UUID, name: str) -> object:
    """Give a device another name"""
    with db.transaction():
        users.rename_device(device_id, name)
        return _view(_device(device_id), _slugs())


@blueprint.delete("/<uuid:device_id>")
@require("manager")
@blueprint.response(204)
@blueprint.doc(operationId="revokeDevice")
def revoke_device(device_id: uuid.UUID) -> Response:
    """End a device's access at once; it cannot be taken back"""
    with db.transaction():
        users.revoke_device(device_id)
    return make_response("", 204)


def _device(device_id: uuid.UUID) -> Device:
    for device in users.list_devices():
        if device.id == device_id:
            return device
    raise NotFound("device")


def _key(device: Device) -> tuple[int, str]:
    return round(device.created_at.timestamp() * 1_000_000), str(device.id)


def _slugs() -> dict[int, str]:
    return {cinema.id: cinema.slug for cinema in events.cinemas()}


def _view(device: Device, slugs: dict[int, str]) -> dict[str, Any]:
    return {
        "id": device.id,
        "kind": device.kind,
        "name": device.name,
        "cinema": slugs.get(device.site_id),
        "created_at": device.created_at,
        "last_seen_at": device.last_seen_at,
        "version": device.version,
        "printer_state": device.printer_state,
        "paper_state": device.paper_state,
    }
