"""The REST API for partners: a front end beside the pages, with the same verbs of the services. It has no tables.

A module serves resources of one service (`SERVICE`, `PATH`, `blueprint`). A process mounts those of its services. The
process that serves the pages has the document of the whole API, too, and its page.
"""

from __future__ import annotations

from collections.abc import Sequence
from importlib import import_module
from pkgutil import iter_modules

from flask import Flask

from app.api import document, problems, provider_webhooks
from app.api.document import PREFIX
from app.core.config import PAGES, SERVICES


def mount(app: Flask, services: Sequence[str]) -> None:
    """Serve the API's resources of `services`; with the pages, the document of the resources of all services too."""
    api = document.open_api(app)
    _register(api, services)
    if PAGES in services:
        if not set(SERVICES) <= set(services):
            api = document.open_api(Flask("document", static_folder=None))
            _register(api, SERVICES)
        app.extensions["api"] = api
        app.register_blueprint(document.blueprint)
    if provider_webhooks.SERVICE in services:
        app.register_blueprint(provider_webhooks.blueprint)
    problems.answer_unknown_addresses(app)


def _register(api: document.BoxOfficeApi, services: Sequence[str]) -> None:
    for name in sorted(module.name for module in iter_modules(__path__)):
        module = import_module(f"{__name__}.{name}")
        if hasattr(module, "PATH") and module.SERVICE in services:
            api.register_blueprint(module.blueprint, url_prefix=PREFIX + module.PATH)
