"""The span and the metrics of a delivery that a worker handles."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from app.core import codes, metrics, telemetry
from app.core.deliveries import Delivery
from app.core.messages import BY_KIND
from app.core.metrics import MessageOutcome


@dataclass(slots=True)
class Measured:
    """A delivery that is being handled. `outcome` stays None while only an error of the source has come."""

    span: telemetry.Span
    outcome: MessageOutcome | None = None


@contextmanager
def measured(delivery: Delivery) -> Iterator[Measured]:
    """Open the span of a delivery, in the trace of its message, and record its metrics at the end."""
    labels = {
        "consumer": delivery.consumer,
        "kind": delivery.kind if delivery.kind in BY_KIND else "(unknown)",
    }
    attributes = labels | {"messaging.message.id": delivery.message_id}
    began = time.perf_counter()
    if delivery.attempts == 1 and telemetry.is_on():
        waited = max(0.0, time.time() - codes.created_at(delivery.message_id))
        telemetry.record(metrics.MESSAGE_WAIT, waited, labels)
    with telemetry.span(f"handle {labels['kind']}", "consumer", attributes) as span:
        span.set("attempt", delivery.attempts)
        found = Measured(span)
        yield found
        if found.outcome is not None:
            span.set("outcome", found.outcome)
            telemetry.record(metrics.MESSAGES, labels=labels | {"outcome": found.outcome})
            telemetry.record(metrics.MESSAGE_DURATION, time.perf_counter() - began, labels)
