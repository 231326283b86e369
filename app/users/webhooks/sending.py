"""Sends the due deliveries of one webhook, one after the other, outside of transactions.

A worker leases the webhook: while it sends, no other worker does, and of one partner at most MOST_OF_A_PARTNER webhooks
are sent to at once. So a slow receiver holds up nobody else. A receiver that does not answer at all is left alone for
some minutes. A worker that crashed has its lease until it expires; then what it has not recorded is sent again.
"""

from __future__ import annotations

import time
import uuid
from datetime import datetime
from typing import Any

from sqlalchemy import Row, text

from app.adapters.public_post import NoAnswer
from app.core import db, outbox, telemetry
from app.core.handling import Attempt
from app.core.log_masks import masked
from app.core.messages import WebhooksDue
from app.core.moves import move
from app.core.state_machine import one_of
from app.users.states import ACTIVE, PENDING, SENDING_STATES, WEBHOOK
from app.users.webhooks import outcomes, registry, signing
from app.users.webhooks.deliveries import ALLOWED, PING
from app.users.webhooks.outcomes import Outcome

MOST_OF_A_PARTNER = 2
LEASE_SECONDS = 60  # more than one POST takes, with the time to resolve the host
RUN_SECONDS = 20.0  # after it other webhooks have their turn
WANTED_AGAIN_SECONDS = 60
MOST_KEPT = 200  # letters of an answer

_IS_FREE = "(w.leased_until is null or w.leased_until < clock_timestamp())"
_IS_RESTED = "(w.resting_until is null or w.resting_until <= clock_timestamp())"
_IS_DUE = (
    f"{one_of('d.state', (PENDING,))} and d.due_at <= clock_timestamp()"
    f" and ({one_of('w.state', (ACTIVE,))} or d.event = '{PING}')"
)
# Under the lock of the partner's row two workers cannot count the leases at the same moment.
_LEASE = db.after_lock(
    "select id from users.partners where id = (select partner_id from users.webhooks where id = :id) for no key update",
    f"""
    update users.webhooks w set leased_until = clock_timestamp() + make_interval(secs => :seconds), wanted_at = null
    from users.partners p
    where w.id = :id and p.id = w.partner_id and {ALLOWED} and {one_of("w.state", SENDING_STATES)}
      and {_IS_FREE} and {_IS_RESTED}
      and (select count(*) from users.webhooks o where o.partner_id = p.id and o.id <> w.id
        and o.leased_until >= clock_timestamp()) < :most
    returning w.leased_until
    """,  # noqa: S608 (no value is put in)
)
# `leased_until` names the lease: it matches no row once another worker has the webhook.
_NEXT = text(
    f"""
    with w as (
        update users.webhooks set leased_until = clock_timestamp() + make_interval(secs => :seconds)
        where id = :id and leased_until = :leased_until and {one_of("state", SENDING_STATES)}
        returning *
    )
    select w.id, w.address, w.state, w.leased_until, w.sealed_secret,
      case when w.former_until > clock_timestamp() then w.sealed_former_secret end as sealed_former_secret,
      d.event_id, d.event, d.body, d.attempts, d.tries, clock_timestamp() as now
    from w left join lateral (
        select * from users.webhook_deliveries d where d.webhook_id = w.id and {_IS_DUE}
        order by d.due_at, d.event_id limit 1
    ) d on true
    """  # noqa: S608 (no value is put in)
)
_DISABLE = move(WEBHOOK, "disable", columns="reason = :reason")
_RELEASE = text(
    "update users.webhooks set leased_until = null where id = :id and leased_until = :leased_until"
)
_WANT = text(
    f"""
    update users.webhooks w set wanted_at = clock_timestamp() from users.partners p
    where p.id = w.partner_id and {ALLOWED} and {one_of("w.state", SENDING_STATES)} and {_IS_FREE} and {_IS_RESTED}
      and (w.wanted_at is null or w.wanted_at < clock_timestamp() - make_interval(secs => :seconds))
      and exists (select from users.webhook_deliveries d where d.webhook_id = w.id and {_IS_DUE})
    returning w.id
    """  # noqa: S608 (no value is put in)
)


def on_webhooks_due(message: WebhooksDue, attempt: Attempt) -> None:
    """Send what is due. Nothing happens while another worker sends to this webhook: the clock puts it here again."""
    webhook_id = uuid.UUID(message.webhook_id)
    with db.transaction() as session:
        values = {"id": webhook_id, "seconds": LEASE_SECONDS, "most": MOST_OF_A_PARTNER}
        leased_until = session.execute(_LEASE, values).scalar()
    if leased_until is None:
        return
    leased_until, is_more_due = _send_due(webhook_id, leased_until, attempt)
    # Release the lease apart from the effect: a repeated message has none, and would keep the lease until it expires.
    with db.transaction() as session:
        session.execute(_RELEASE, {"id": webhook_id, "leased_until": leased_until})
    if is_more_due:
        with attempt.transaction():
            outbox.publish(WebhooksDue(message.webhook_id))


def want_due_webhooks() -> None:
    """Put webhooks with due deliveries into the queue: retries, and those that another worker had or that rested."""
    with db.transaction() as session:
        for webhook_id in session.execute(_WANT, {"seconds": WANTED_AGAIN_SECONDS}).scalars().all():
            outbox.publish(WebhooksDue(str(webhook_id)))


def _send_due(webhook_id: uuid.UUID, leased_until: datetime, attempt: Attempt) -> tuple[datetime, bool]:
    """Send until nothing is due, the receiver gives no answer, RUN_SECONDS are over, or the worker ends.

    Returns the name of the lease, and whether more is due.
    """
    end = time.monotonic() + RUN_SECONDS
    while True:
        with db.transaction() as session:
            values = {"id": webhook_id, "leased_until": leased_until, "seconds": LEASE_SECONDS}
            row = session.execute(_NEXT, values).one_or_none()
        if row is None:
            return leased_until, False
        leased_until = row.leased_until
        if row.event_id is None:
            return leased_until, False
        if time.monotonic() >= end or attempt.is_ending:
            return leased_until, True
        if not _send(row):
            return leased_until, False


def _send(row: Row[Any]) -> bool:
    """Send one delivery and record the outcome. Returns whether to go on with this webhook now."""
    opened = [
        signing.open_sealed(bytes(sealed), row.id)
        for sealed in (row.sealed_secret, row.sealed_former_secret)
        if sealed is not None
    ]
    secrets = [one.secret for one in opened if one is not None]
    if not secrets:
        with db.transaction():
            _DISABLE.perform(id=row.id, reason="secret")
        return False
    outcome = _post(row, secrets)
    with db.transaction():
        outcomes.record(row, outcome)
    return outcome.status is not None


def _post(row: Row[Any], secrets: list[bytes]) -> Outcome:
    body = row.body.encode()
    headers = {
        "Content-Type": "application/json",
        "User-Agent": "Bilheteria-Webhooks/1",
        **signing.headers(str(row.event_id), int(row.now.timestamp()), body, secrets),
    }
    began = time.monotonic()
    with telemetry.call("send the webhook", {"event": row.event, "attempt": row.attempts + 1}) as span:
        try:
            answer = registry.poster().post(row.address, headers, body)
        except NoAnswer as error:
            span.set("reason", error.reason)
            span.fail(error)
            return Outcome(row.now, _milliseconds_since(began), None, error.reason)
        span.set("http.response.status_code", answer.status)
        if not 200 <= answer.status < 300:
            span.fail()
    return Outcome(row.now, _milliseconds_since(began), answer.status, answer=_kept(answer.start))


def _milliseconds_since(began: float) -> int:
    return round((time.monotonic() - began) * 1000)


def _kept(start: bytes) -> str:
    """The start of an answer for the log: on one line, without personal data."""
    line = "".join(one if one.isprintable() else " " for one in start.decode("utf-8", "replace"))
    return str(masked(line))[:MOST_KEPT]
