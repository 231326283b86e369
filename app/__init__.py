"""Bilheteria: a box office for cinemas. `create_app` mounts what this process serves (SERVICES).

What it needs is imported there: a worker needs no Flask, and a health check no database.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from app.core import config
from app.core.config import PAGES, Settings

if TYPE_CHECKING:
    from flask import Flask

    from app.adapters.postgres_limits import Limits

ROOT = Path(__file__).resolve().parent.parent


def create_app(settings: Settings | None = None, *, limits: Limits | None = None) -> Flask:
    """The web application. Connects the engine lazily: nothing is opened before the first query.

    `limits`: time limits of database connections; those of pages by default.
    """
    from app.adapters.postgres_limits import page_limits
    from app.core import db
    from app.web.application import Application
    from app.web.compiled_templates import CompiledTemplates

    settings = config.use(settings or Settings.from_env())
    app = Application(__name__, template_folder=str(ROOT / "templates"), static_folder=str(ROOT / "static"))
    app.testing = settings.process.testing
    app.config["SEND_FILE_MAX_AGE_DEFAULT"] = 3600
    # Keep all templates: Jinja's own cache keeps 400, and each use of a template moves it to the cache's end.
    app.jinja_options = {
        "cache_size": -1,
        "trim_blocks": True,
        "lstrip_blocks": True,
        "bytecode_cache": CompiledTemplates(),
    }
    if settings.database.url:
        limits = limits or page_limits(settings.database.statement_seconds)
        db.connect(**settings.database.connection, limits=limits)
    _init_web(app, settings)
    if PAGES in settings.process.services:
        _mount_pages(app)
    _mount_api(app, settings)
    return app


def _init_web(app: Flask, settings: Settings) -> None:
    from app.web import (
        assets,
        compression,
        devices,
        failures,
        formats,
        health,
        language,
        locale,
        page_swap,
        requests,
        security,
    )

    requests.init_app(app)
    compression.init_app(app)
    security.init_app(app, settings)
    devices.init_app(app)
    locale.init_app(app, settings)
    app.register_blueprint(language.blueprint)
    formats.init_app(app, settings)
    assets.init_app(app)
    page_swap.init_app(app)
    failures.init_app(app)
    app.register_blueprint(health.blueprint)


def _mount_pages(app: Flask) -> None:
    import kiosk
    from app import backoffice, door, shop
    from app.web import sign_in

    sign_in.init_app(app)
    app.register_blueprint(shop.load_pages())
    app.register_blueprint(door.load_pages())
    app.register_blueprint(backoffice.load_pages())
    app.register_blueprint(kiosk.load_pages())


def _mount_api(app: Flask, settings: Settings) -> None:
    from app import api

    api.mount(app, settings.process.services)
