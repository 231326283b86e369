"""The shop, the front end for customers: programme, film, seat map, basket, checkout, order, account. No tables."""

from __future__ import annotations

from importlib import import_module
from pkgutil import iter_modules

from flask import Blueprint

from app.web import page_swap

blueprint = Blueprint("shop", __name__)
blueprint.after_request(page_swap.redirect_by_navigation)


def load_pages() -> Blueprint:
    """Import every page module, each of which registers its routes on `blueprint`."""
    for module in iter_modules(__path__):
        import_module(f"{__name__}.{module.name}")
    return blueprint
