"""The kiosk, the front end of the foyer screen: its own pages. The pages of the purchase are those of `shop`."""

from __future__ import annotations

from importlib import import_module

from flask import Blueprint

blueprint = Blueprint("kiosk", __name__)
PAGES = (
    "agent",
    "attract",
    "email",
    "guard",
    "heartbeat",
    "pairing",
    "phone",
    "print_jobs",
    "sandbox_terminal",
    "visits",
)


def load_pages() -> Blueprint:
    """Import every page module, each of which registers its routes on `blueprint`."""
    for name in PAGES:
        import_module(f"{__name__}.{name}")
    return blueprint
