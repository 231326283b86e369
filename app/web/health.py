"""Health checks: `/healthz` shows that the process runs, `/readyz` that it can serve (`app.core.readiness`)."""

from __future__ import annotations

from flask import Blueprint

from app.core import readiness

blueprint = Blueprint("health", __name__)


@blueprint.get("/healthz")
def alive() -> tuple[str, int, dict[str, str]]:
    return "ok\n", 200, {"Content-Type": "text/plain"}


@blueprint.get("/readyz")
def ready() -> tuple[str, int, dict[str, str]]:
    problem = readiness.problem()
    return f"{problem or 'ok'}\n", 503 if problem else 200, {"Content-Type": "text/plain"}
