"""The back office: the front end with which managers run the cinema."""

from __future__ import annotations

from importlib import import_module
from pkgutil import iter_modules

from flask import Blueprint

blueprint = Blueprint("backoffice", __name__)


def load_pages() -> Blueprint:
    """Import every page module, each of which registers its routes on `blueprint`."""
    for module in iter_modules(__path__):
        import_module(f"{__name__}.{module.name}")
    return blueprint
