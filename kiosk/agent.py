"""The print agent of a kiosk's machine (kiosk/device): the secret by which it knows the pages of the kiosk."""

from __future__ import annotations

import hmac
import uuid
from dataclasses import dataclass

from flask import Response, make_response, request

from app.core import db
from app.core.config import settings
from app.core.errors import NotFound
from app.core.throttle import keyed_hash
from app.users import service as users
from app.web import devices
from app.web.security import POLICY, csrf
from kiosk import blueprint


@dataclass(frozen=True, slots=True)
class PrintAgent:
    """What a page of the kiosk needs to reach the agent. `secret` is empty on a machine that is not paired."""

    address: str
    secret: str


@blueprint.app_template_global()
def print_agent() -> PrintAgent:
    device = devices.current_kiosk()
    return PrintAgent(_address(), _secret(device.id) if device is not None else "")


@blueprint.post("/kiosk/agent")
@csrf.exempt
def confirm_secret() -> Response:
    """204 if `Authorization: Bearer …` is the secret of a paired kiosk, else 404. The agent asks it once."""
    _, _, secret = request.headers.get("Authorization", "").partition(" ")
    with db.reading():
        kiosks = [device for device in users.list_devices() if device.kind == "kiosk"]
        known = any(_is_same(_secret(device.id), secret) for device in kiosks)
    if not known:
        raise NotFound("device")
    return make_response("", 204)


@blueprint.after_app_request
def allow_agent(response: Response) -> Response:
    """Let the pages of a kiosk connect to the agent of their own machine."""
    if devices.device_token() or request.blueprint == blueprint.name:
        allowed = POLICY.replace("connect-src 'self'", f"connect-src 'self' {_address()}")
        response.headers.setdefault("Content-Security-Policy", allowed)
    return response


def _address() -> str:
    return f"http://127.0.0.1:{settings().kiosk.agent_port}"


def _secret(device_id: uuid.UUID) -> str:
    return f"{device_id}.{keyed_hash(f'agent {device_id}')}"


def _is_same(expected: str, given: str) -> bool:
    return hmac.compare_digest(expected.encode(), given.encode())
