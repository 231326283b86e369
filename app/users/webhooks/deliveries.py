"""The deliveries of webhooks: recorded for each event, read as a log, replayed, deleted after some days."""

from __future__ import annotations

import json
import uuid
from collections.abc import Mapping
from datetime import datetime
from typing import Any, Final

from sqlalchemy import text

from app.core import codes, db, outbox
from app.core.config import settings
from app.core.errors import Invalid, NotFound
from app.core.messages import PartnerOrderChanged, WebhooksDue
from app.core.moves import move
from app.core.partner_events import VERSION
from app.core.state_machine import one_of
from app.users.states import DELIVERY, PENDING
from app.users.webhooks.views import WebhookAttempt, WebhookDelivery

SCOPE: Final = "bilheteria/webhooks"
PING: Final = "webhook.ping"
GIVE_UP_HOURS = 24
BATCH = 1_000
# The partner `p` may have webhooks.
ALLOWED = f"p.blocked_at is null and '{SCOPE}' = any(p.scopes)"
_COLUMNS = (
    "event_id, event, state, happened_at, attempts, ended_at, body,"
    f" case when {one_of('state', (PENDING,))} then due_at end as next_attempt_at"
)
_RECORD = text(
    f"""
    insert into users.webhook_deliveries (webhook_id, event_id, event, body, state, happened_at, give_up_at)
    select w.id, :event_id, :event, :body, '{PENDING}', cast(:happened_at as timestamptz),
      clock_timestamp() + make_interval(hours => {GIVE_UP_HOURS})
    from users.webhooks w join users.partners p on p.id = w.partner_id
    where w.partner_id = :partner_id and :event = any(w.events) and {ALLOWED}
    on conflict do nothing returning webhook_id
    """  # noqa: S608 (no value is put in)
)
_PING = text(
    f"""
    with dropped as (
        delete from users.webhook_deliveries
        where webhook_id = :webhook_id and event = '{PING}' and {one_of("state", (PENDING,))}
    )
    insert into users.webhook_deliveries (webhook_id, event_id, event, body, state, happened_at, give_up_at)
    values (:webhook_id, :event_id, '{PING}', :body, '{PENDING}', :now,
      clock_timestamp() + make_interval(hours => {GIVE_UP_HOURS}))
    """  # noqa: S608 (no value is put in)
)
_AGAIN = f"""tries = 0, ended_at = null, due_at = clock_timestamp(),
    give_up_at = clock_timestamp() + make_interval(hours => {GIVE_UP_HOURS})"""
_OF_WEBHOOK = f"webhook_id = :webhook_id and event <> '{PING}'"
_REPLAY_ONE = move(
    DELIVERY, "replay", columns=_AGAIN, where=f"{_OF_WEBHOOK} and event_id = :event_id", returning="1"
)
_REPLAY_RANGE = move(
    DELIVERY,
    "replay",
    columns=_AGAIN,
    where=f"{_OF_WEBHOOK} and happened_at >= :since and happened_at < :until",
    returning="1",
)
_GO_ON = move(DELIVERY, "wait", columns=_AGAIN, where="webhook_id = :webhook_id", returning="1")
_LIST = text(
    f"""
    select {_COLUMNS} from users.webhook_deliveries
    where webhook_id = :webhook_id and (cast(:state as text) is null or state = :state)
      and (cast(:before as timestamptz) is null or (happened_at, event_id) < (:before, cast(:before_id as uuid)))
    order by happened_at desc, event_id desc limit :most
    """  # noqa: S608 (no value is put in)
)
_DELETE_OLD = text(
    """
    delete from users.webhook_deliveries where (webhook_id, event_id) in (
        select webhook_id, event_id from users.webhook_deliveries
        where recorded_at < clock_timestamp() - make_interval(days => :days) limit :most
    )
    returning 1
    """
)


def body_of(event: str, happened_at: datetime, data: Mapping[str, Any]) -> str:
    """What is posted, as JSON text; it is stored, so that each attempt signs the same bytes."""
    content = {"type": event, "timestamp": happened_at.isoformat(), "version": VERSION, "data": data}
    return json.dumps(content, separators=(",", ":"))


def record(message: PartnerOrderChanged, message_id: str) -> None:
    """Record the event for each webhook that wants it, and have it sent, in the caller's transaction.

    The webhooks of a blocked partner, or of one without the scope, get nothing.
    """
    happened_at = datetime.fromisoformat(message.happened_at)
    values = {
        "event_id": message_id,
        "event": message.event,
        "body": body_of(message.event, happened_at, message.data),
        "happened_at": happened_at,
        "partner_id": message.partner_id,
    }
    for webhook_id in db.session().execute(_RECORD, values).scalars():
        outbox.publish(WebhooksDue(str(webhook_id)))


def ping(webhook_id: uuid.UUID) -> None:
    """Have a ping sent, in the caller's transaction: the receiver shows by its answer that it wants the events."""
    now: datetime = db.session().execute(text("select clock_timestamp()")).scalar_one()
    values = {
        "webhook_id": webhook_id,
        "event_id": codes.ordered_id(),
        "body": body_of(PING, now, {}),
        "now": now,
    }
    db.session().execute(_PING, values)
    outbox.publish(WebhooksDue(str(webhook_id)))


def send_waiting(webhook_id: uuid.UUID) -> None:
    """Make all pending deliveries due now, each with a new day, because the webhook is active again."""
    _GO_ON.perform_all(webhook_id=webhook_id)


def replay_webhook_delivery(webhook_id: uuid.UUID, event_id: uuid.UUID) -> None:
    """Send one delivery again, with its id and its body, in the caller's transaction. Raises NotFound."""
    if _REPLAY_ONE.perform(webhook_id=webhook_id, event_id=event_id) is None:
        raise NotFound("webhook delivery")
    outbox.publish(WebhooksDue(str(webhook_id)))


def replay_webhook_deliveries(webhook_id: uuid.UUID, since: datetime, until: datetime) -> int:
    """Send the events again that happened from `since` to before `until`; returns how many. Raises Invalid."""
    if since >= until:
        raise Invalid("webhook.range", "until")
    replayed = len(_REPLAY_RANGE.perform_all(webhook_id=webhook_id, since=since, until=until))
    if replayed:
        outbox.publish(WebhooksDue(str(webhook_id)))
    return replayed


def webhook_deliveries(
    webhook_id: uuid.UUID,
    *,
    state: str | None = None,
    before: tuple[datetime, uuid.UUID] | None = None,
    most: int,
) -> list[WebhookDelivery]:
    """The newest deliveries first, pings too; `before` is time and id of the last one of the page before."""
    values = {
        "webhook_id": webhook_id,
        "state": state,
        "before": before[0] if before else None,
        "before_id": before[1] if before else None,
        "most": most,
    }
    return [WebhookDelivery.of(row) for row in db.session().execute(_LIST, values)]


def webhook_delivery(
    webhook_id: uuid.UUID, event_id: uuid.UUID
) -> tuple[WebhookDelivery, list[WebhookAttempt]]:
    """A delivery and its attempts, the first one first. Raises NotFound."""
    key = {"webhook_id": webhook_id, "event_id": event_id}
    of_key = "where webhook_id = :webhook_id and event_id = :event_id"
    row = db.session().execute(
        text(f"select {_COLUMNS} from users.webhook_deliveries {of_key}"), key  # noqa: S608 (no value is put in)
    ).one_or_none()  # fmt: skip
    if row is None:
        raise NotFound("webhook delivery")
    attempts = db.session().execute(
        text(f"select * from users.webhook_attempts {of_key} order by number"), key  # noqa: S608 (no value is put in)
    )  # fmt: skip
    return WebhookDelivery.of(row), [WebhookAttempt.of(one) for one in attempts]


def delete_old_deliveries() -> None:
    """Delete the deliveries that are older than the setting says, each batch in a transaction of its own."""
    values = {"days": settings().retention.webhook_days, "most": BATCH}
    deleted = BATCH
    while deleted == BATCH:
        with db.transaction() as session:
            deleted = len(session.execute(_DELETE_OLD, values).all())
