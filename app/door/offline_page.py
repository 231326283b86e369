"""What the browser keeps to show the scan page without network: the page, its service worker, and its manifest.

The page that is kept has no token and no name in it: its own script fills it from the data on the device.
"""

from __future__ import annotations

import hashlib
from functools import lru_cache

from flask import Response, current_app, jsonify, render_template, url_for
from flask_babel import gettext as _
from htmx_flask import make_response, request

from app.door import blueprint
from app.door.offline_texts import offline_texts
from app.door.page_answers import uncached
from app.door.place import MAX_GATE_LENGTH, current_place, place_choices
from app.door.staff import require_staff
from app.tickets.service import Attendance
from app.web.assets import STATIC
from app.web.locale import locale

WORKER = "/staff/worker.js"  # its scope is /staff/, the folder that it is in


@blueprint.app_context_processor
def _for_templates() -> dict[str, object]:
    return {"offline_texts": offline_texts, "offline_worker": WORKER, "offline_build": build_version}


@blueprint.get("/staff/offline/shell")
@require_staff
def shell() -> Response:
    """The scan page as the service worker keeps it."""
    place = current_place(request)
    values = {
        "is_shell": True,
        "place": place,
        "typed_gate": place.gate,
        "verdict": None,
        "attendance": Attendance(0, 0),
        "choices": place_choices(),
        "longest_gate": MAX_GATE_LENGTH,
        "errors": {},
        "staff": None,
        "csrf_token": _nothing,
        "once": _nothing,
    }
    return uncached(render_template("door/page_scan.html", **values))


@blueprint.get("/staff/offline/left")
def left() -> Response:
    """The page after a sign-out at a device that works without network: its script sends what is left, and forgets."""
    return uncached(render_template("door/page_left.html", offline_device=None))


@blueprint.get(WORKER)
def worker() -> Response:
    """The service worker. Browsers fetch it again with each visit, and compare it with the one they have."""
    asset = current_app.jinja_env.globals["asset"]
    name = str(asset("entry_door_worker.js")).removeprefix(f"{current_app.static_url_path}/")  # type: ignore[operator]
    script = (STATIC / name).read_text(encoding="utf-8")
    return make_response(script, 200, {"Content-Type": "text/javascript", "Cache-Control": "no-cache"})


@blueprint.get("/staff/manifest.webmanifest")
def manifest() -> Response:
    """What a phone shows when the page is put on its home screen."""
    icons = [("door-192", 192, "any"), ("door-512", 512, "any"), ("door-maskable", 512, "maskable")]
    answer = jsonify(
        name=_("Bilheteria at the door"),
        short_name=_("Door"),
        lang=locale().replace("_", "-"),
        id="/staff/scan",
        start_url=url_for("door.scan"),
        scope="/staff/",
        display="standalone",
        background_color="#170e0f",
        theme_color="#170e0f",
        icons=[
            {
                "src": f"{current_app.static_url_path}/img/{name}.png",
                "sizes": f"{size}x{size}",
                "type": "image/png",
                "purpose": purpose,
            }
            for name, size, purpose in icons
        ],
    )
    answer.mimetype = "application/manifest+json"
    return make_response(answer, 200, {"Cache-Control": "no-cache"})


@lru_cache(maxsize=1)
def build_version() -> str:
    """The version of the files that the page needs: it changes with each of them."""
    digest = hashlib.sha256((STATIC / "dist" / "manifest.json").read_bytes())
    for path in sorted((STATIC / "vendor").rglob("*")):
        if path.is_file():
            digest.update(f"{path.name} {path.stat().st_size}".encode())
    return digest.hexdigest()[:12]


def _nothing() -> str:
    return ""
