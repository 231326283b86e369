"""The target of Flask-Migrate: the metadata of every service, and the process's engine."""

from __future__ import annotations

from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING

from sqlalchemy import Engine, MetaData

from app.core import db
from app.core.config import SERVICES

if TYPE_CHECKING:
    from flask import Flask

APP = Path(__file__).resolve().parent
MIGRATIONS = APP.parent / "migrations"


def init_app(app: Flask) -> None:
    """Add Flask-Migrate to `app`. Only commands need it: Alembic takes about 10 MB in each process."""
    from flask_migrate import Migrate

    Migrate(app, MigrationTarget(), directory=str(MIGRATIONS), compare_type=True)  # type: ignore[arg-type]


def all_metadata() -> MetaData:
    """The metadata of all services; importing the models registers their tables."""
    import_module("app.core.outbox")
    import_module("app.core.erasures")
    import_module("app.core.idempotency")
    import_module("app.core.throttle")
    for service in SERVICES:
        for module in sorted((APP / service).glob("*models.py")):
            import_module(f"app.{service}.{module.stem}")
    return db.Base.metadata


class MigrationTarget:
    """The object that Flask-Migrate uses instead of a Flask-SQLAlchemy object."""

    @property
    def metadata(self) -> MetaData:
        return all_metadata()

    @property
    def metadatas(self) -> dict[str | None, MetaData]:
        return {None: self.metadata}

    @property
    def engine(self) -> Engine:
        return db.engine()

    def get_engine(self) -> Engine:
        return db.engine()

    @property
    def engines(self) -> dict[str | None, Engine]:
        return {None: db.engine()}
