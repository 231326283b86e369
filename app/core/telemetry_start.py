"""Connects the port to spans and metrics (`core.telemetry`) to a collector, if one is configured."""

from __future__ import annotations

from collections.abc import Sequence

from app.core import config, db, telemetry
from app.core.metrics import SECONDS
from app.core.trace import Position


def start(process: str) -> None:
    """Begin to record if an endpoint is configured. `process` is web, worker or relay.

    Call it after forks and after `db.connect`: the exporter has threads, and watches the engines.
    """
    settings = config.settings().process
    if settings.collector is None or telemetry.is_on():
        return
    from app.adapters import otlp

    made = otlp.Exporter(
        settings.collector,
        service=service_name(process, settings.services),
        attributes={"bilheteria.process": process},
        share=settings.traces_percent / 100,
        buckets=SECONDS,
        make_position=Position,
    )
    made.watch_statements(db.engines())
    made.watch_aws()
    telemetry.use(made, db.after_commit)


def load() -> None:
    """Import what `start` needs, before a fork, so that the processes share its memory."""
    if config.settings().process.collector is not None:
        import app.adapters.otlp  # noqa: F401


def service_name(process: str, services: Sequence[str]) -> str:
    """The `service.name` of this process: `bilheteria`, or with the one part that it serves: `bilheteria-orders`.

    `OTEL_SERVICE_NAME` has precedence.
    """
    if process == "relay":
        return "bilheteria-relay"
    return f"bilheteria-{services[0]}" if len(services) == 1 else "bilheteria"
