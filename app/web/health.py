"""Health checks: `/healthz` shows that the process runs, `/readyz` that the database answers and has its tables."""

from __future__ import annotations

from flask import Blueprint
from sqlalchemy import text
from sqlalchemy.exc import SQLAlchemyError

from app.core import db

blueprint = Blueprint("health", __name__)


@blueprint.get("/healthz")
def alive() -> tuple[str, int, dict[str, str]]:
    return "ok\n", 200, {"Content-Type": "text/plain"}


@blueprint.get("/readyz")
def ready() -> tuple[str, int, dict[str, str]]:
    try:
        with db.reading() as session:
            session.execute(text("select 1 from core.outbox limit 1"))
    except SQLAlchemyError:
        return "the database does not answer\n", 503, {"Content-Type": "text/plain"}
    return "ok\n", 200, {"Content-Type": "text/plain"}
