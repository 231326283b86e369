"""Counts the tries to hold seats by their outcome."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from app.core import metrics, telemetry
from app.core.errors import BilheteriaError
from app.core.metrics import HoldOutcome
from app.reservations.views import NothingFits, SeatsLost, SingleSeatLeft, TooManyHolds

_OUTCOMES: dict[type[BilheteriaError], HoldOutcome] = {
    SeatsLost: "seats_lost",
    NothingFits: "nothing_fits",
    TooManyHolds: "too_many",
    SingleSeatLeft: "single_seat",
}


@contextmanager
def counted(channel: str) -> Iterator[None]:
    """Count the try to hold seats that is made inside; other errors than those of the seats count as `refused`.

    A hold counts after its commit.
    """
    try:
        yield
    except BilheteriaError as error:
        outcome = _OUTCOMES.get(type(error), "refused")
        telemetry.record(metrics.HOLDS, labels={"channel": channel, "outcome": outcome})
        if isinstance(error, SeatsLost):
            telemetry.record(metrics.GUARDS, labels={"guard": "seat"})
            count_losses(error)
        raise
    telemetry.record_committed(metrics.HOLDS, labels={"channel": channel, "outcome": "held"})


def count_losses(error: SeatsLost) -> None:
    """Count the seats that someone else has taken first."""
    telemetry.record(metrics.HOLD_LOSSES, len(error.lost))
