"""The values that the verbs of webhooks return, frozen. Times are aware, in UTC."""

from __future__ import annotations

import uuid
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Row


@dataclass(frozen=True, slots=True)
class Webhook:
    """A partner's webhook (`users.states.WEBHOOK_STATES`).

    `reason` says why it is paused or disabled: `partner`, `cinema`, `gone`, `not_verified`, `failing`, `secret`; else
    it is empty. `former_secret_until`: the former secret signs too until then. `failing_since`: no attempt has
    succeeded since then.
    """

    id: uuid.UUID
    partner_id: int
    address: str
    events: tuple[str, ...]
    state: str
    reason: str
    created_at: datetime
    former_secret_until: datetime | None
    failing_since: datetime | None

    @classmethod
    def of(cls, row: Row[Any]) -> Webhook:
        return cls(
            row.id,
            row.partner_id,
            row.address,
            tuple(row.events),
            row.state,
            row.reason,
            row.created_at,
            row.former_secret_until,
            row.failing_since,
        )


@dataclass(frozen=True, slots=True)
class WebhookAttempt:
    """One POST. `status` is None without an answer; then `error` says why. `answer` is the masked start of the body."""

    number: int
    began_at: datetime
    milliseconds: int
    status: int | None
    error: str
    answer: str

    @classmethod
    def of(cls, row: Row[Any]) -> WebhookAttempt:
        return cls(row.number, row.began_at, row.milliseconds, row.status, row.error, row.answer)


@dataclass(frozen=True, slots=True)
class WebhookDelivery:
    """One event on its way to one webhook. `next_attempt_at` is None when it has ended (`ended_at`)."""

    event_id: uuid.UUID
    event: str
    state: str
    happened_at: datetime
    attempts: int
    next_attempt_at: datetime | None
    ended_at: datetime | None
    body: str

    @classmethod
    def of(cls, row: Row[Any]) -> WebhookDelivery:
        return cls(
            row.event_id,
            row.event,
            row.state,
            row.happened_at,
            row.attempts,
            row.next_attempt_at,
            row.ended_at,
            row.body,
        )
