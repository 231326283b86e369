"""The REST API for partners: a front end beside the pages, with the same verbs of the services. It has no tables.

A module serves resources of one service (`SERVICE`, `PATH`, `blueprint`). A process mounts those of its services, and
with any of them the document of the API and its page.
"""

from __future__ import annotations

from collections.abc import Sequence
from importlib import import_module
from pkgutil import iter_modules

from flask import Flask

from app.api import document, problems
from app.api.document import PREFIX


def mount(app: Flask, services: Sequence[str]) -> None:
    """Serve the API's resources of `services`."""
    api = document.open_api(app)
    for name in sorted(module.name for module in iter_modules(__path__)):
        module = import_module(f"{__name__}.{name}")
        if getattr(module, "SERVICE", None) not in services:
            continue
        api.register_blueprint(module.blueprint, url_prefix=PREFIX + module.PATH)
    app.register_blueprint(document.blueprint)
    problems.answer_unknown_addresses(app)
