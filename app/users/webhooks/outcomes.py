"""The outcome of an attempt: written to the log, with what follows from it for the delivery and for the webhook."""

from __future__ import annotations

import random
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Row, text

from app.core import db
from app.core.handling import PAUSES_OF_A_DAY
from app.core.moves import move
from app.users.states import DELIVERY, WEBHOOK
from app.users.webhooks import deliveries
from app.users.webhooks.deliveries import PING

RESTS = (5.0, 15.0, 60.0, 300.0, 900.0)  # seconds after attempts without an answer, one after the other
DISABLE_DAYS, DISABLE_FAILURES = 3, 20  # both must be reached
GONE = 410

# The number of attempts is that of the read: of two workers with one delivery the second records nothing.
_COUNTED = "attempts = attempts + 1, tries = tries + 1"
_THIS = "webhook_id = :webhook_id and event_id = :event_id and attempts = :attempts"
_NEXT_TIME = "clock_timestamp() + make_interval(secs => :pause)"
_DELIVER = move(
    DELIVERY, "deliver", columns=f"{_COUNTED}, ended_at = clock_timestamp()", where=_THIS, returning="1"
)
_WAIT = move(
    DELIVERY,
    "wait",
    columns=f"{_COUNTED}, due_at = {_NEXT_TIME}",
    where=f"{_THIS} and {_NEXT_TIME} <= give_up_at",
    returning="1",
)
_FAIL = move(
    DELIVERY, "fail", columns=f"{_COUNTED}, ended_at = clock_timestamp()", where=_THIS, returning="1"
)
_LOG = text(
    """
    insert into users.webhook_attempts (webhook_id, event_id, number, began_at, milliseconds, status, error, answer)
    values (:webhook_id, :event_id, :number, :began_at, :milliseconds, :status, :error, :answer)
    """
)
_SUCCEEDED = text(
    "update users.webhooks set failures = 0, failing_since = null, resting_until = null where id = :id and failures > 0"
)
_FAILED = text(
    """
    update users.webhooks set failures = failures + 1, failing_since = coalesce(failing_since, clock_timestamp()),
      resting_until = clock_timestamp() + make_interval(
        secs => (cast(:rests as float[]))[least(failures + 1, :most)])
    where id = :id
    returning failures, failing_since < clock_timestamp() - make_interval(days => :days) as is_long
    """
)
_VERIFY = move(WEBHOOK, "verify")
_PAUSE = move(WEBHOOK, "pause", columns="reason = :reason")
_DISABLE = move(WEBHOOK, "disable", columns="reason = :reason")


@dataclass(frozen=True, slots=True)
class Outcome:
    """What one POST came to; `status` is None without an answer."""

    began_at: datetime
    milliseconds: int
    status: int | None
    error: str = ""
    answer: str = ""

    @property
    def is_success(self) -> bool:
        return self.status is not None and 200 <= self.status < 300


def record(row: Row[Any], outcome: Outcome) -> None:
    """Write the attempt and what follows from it; nothing if another worker has recorded an attempt meanwhile.

    `row` is the delivery with its webhook, as `sending` read it before the POST.
    """
    this = {"webhook_id": row.id, "event_id": row.event_id, "attempts": row.attempts}
    pause = PAUSES_OF_A_DAY[min(row.tries, len(PAUSES_OF_A_DAY) - 1)] * random.uniform(0.75, 1.25)  # noqa: S311
    is_given_up = False
    if outcome.is_success:
        moved = _DELIVER.perform(**this)
    else:
        moved = _WAIT.perform(**this, pause=pause)
        if moved is None:
            moved = _FAIL.perform(**this)
            is_given_up = moved is not None
    if moved is None:
        return
    values = {
        "number": row.attempts + 1,
        "began_at": outcome.began_at,
        "milliseconds": outcome.milliseconds,
        "status": outcome.status,
        "error": outcome.error,
        "answer": outcome.answer,
    }
    db.session().execute(_LOG, this | values)
    if outcome.is_success:
        _note_success(row)
    else:
        _note_failure(row, outcome, is_given_up=is_given_up)


def _note_success(row: Row[Any]) -> None:
    db.session().execute(_SUCCEEDED, {"id": row.id})
    if row.event == PING and _VERIFY.perform(id=row.id) is not None:
        deliveries.send_waiting(row.id)


def _note_failure(row: Row[Any], outcome: Outcome, *, is_given_up: bool) -> None:
    """Count the failure. 410 pauses the webhook, and so does a ping without success; days without one disable it."""
    rests = list(RESTS) if outcome.status is None else [0.0]
    values = {"id": row.id, "rests": rests, "most": len(rests), "days": DISABLE_DAYS}
    counted = db.session().execute(_FAILED, values).one_or_none()
    if counted is None:
        return
    if outcome.status == GONE:
        _PAUSE.perform(id=row.id, reason="gone")
    elif row.event == PING and is_given_up:
        _PAUSE.perform(id=row.id, reason="not_verified")
    elif counted.is_long and counted.failures >= DISABLE_FAILURES:
        _DISABLE.perform(id=row.id, reason="failing")
