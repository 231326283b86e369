"""The webhooks of partners: added, changed, paused, resumed, removed; their secrets rotated."""

from __future__ import annotations

import uuid
from collections.abc import Collection
from functools import lru_cache

from sqlalchemy import text

from app.adapters.public_post import BadAddress, PublicPoster
from app.core import codes, db
from app.core.config import settings
from app.core.errors import Conflict, Invalid, NotFound
from app.core.moves import move
from app.core.partner_events import EVENTS
from app.users.states import SENDING_STATES, UNVERIFIED, WEBHOOK
from app.users.webhooks import deliveries, signing
from app.users.webhooks.views import Webhook

MOST_WEBHOOKS = 5  # of a partner
FORMER_HOURS = 24  # a former secret signs for so long after a rotation
BY_PARTNER, BY_CINEMA = "partner", "cinema"
_COLUMNS = (
    "id, partner_id, address, events, state, reason, created_at, failing_since,"
    " case when former_until > clock_timestamp() then former_until end as former_secret_until"
)
# The lock of the partner's row lets two requests at once not exceed the number.
_LOCK_PARTNER = "select id from users.partners where id = :partner_id for no key update"
_ADD = db.after_lock(
    _LOCK_PARTNER,
    f"""
    insert into users.webhooks (id, partner_id, address, events, state, sealed_secret)
    select :id, :partner_id, :address, cast(:events as text[]), '{UNVERIFIED}', :sealed
    where (select count(*) from users.webhooks where partner_id = :partner_id) < :most
    returning {_COLUMNS}
    """,  # noqa: S608 (no value is put in)
)
_OF_PARTNER = "id = :id and partner_id = coalesce(:partner_id, partner_id)"
_PAUSE = move(WEBHOOK, "pause", columns="reason = :reason")
_RESUME = move(
    WEBHOOK, "resume", columns="reason = '', failures = 0, failing_since = null, resting_until = null"
)
# While the former secret signs, a rotation replaces the new one alone: a request whose answer was lost may be repeated.
_ROTATE = text(
    """
    update users.webhooks set sealed_secret = :sealed,
      sealed_former_secret =
        case when former_until > clock_timestamp() then sealed_former_secret else sealed_secret end,
      former_until = case when former_until > clock_timestamp() then former_until
        else clock_timestamp() + make_interval(hours => :hours) end
    where id = :id
    """
)


@lru_cache(maxsize=4)
def _poster(ports: tuple[int, ...], loopback: bool) -> PublicPoster:
    return PublicPoster(ports, loopback=loopback)


def poster() -> PublicPoster:
    """What sends webhooks, with the rules of the settings."""
    config = settings().webhooks
    return _poster(config.ports, config.loopback)


def add_webhook(partner_id: int, address: str, events: Collection[str]) -> tuple[Webhook, str]:
    """Add a webhook to a partner, and have its receiver asked by a ping. Returns it and its secret, shown only here.

    Raises Conflict `webhook.too_many`; Invalid `webhook.address`, `webhook.address_scheme`, `webhook.address_host`,
    `webhook.address_port`, `webhook.events`.
    """
    _check_address(address)
    webhook_id, secret = codes.ordered_id(), signing.make_secret()
    values = {
        "id": webhook_id,
        "partner_id": partner_id,
        "address": address,
        "events": _checked_events(events),
        "sealed": signing.seal(secret, webhook_id),
        "most": MOST_WEBHOOKS,
    }
    row = db.session().execute(_ADD, values).one_or_none()
    if row is None:
        raise Conflict("webhook.too_many", most=MOST_WEBHOOKS)
    deliveries.ping(webhook_id)
    return Webhook.of(row), signing.as_text(secret)


def webhooks_of(partner_id: int | None = None) -> list[Webhook]:
    """The webhooks of a partner, or of all partners, the oldest first."""
    rows = db.session().execute(
        text(
            f"select {_COLUMNS} from users.webhooks where partner_id = coalesce(:partner_id, partner_id)"  # noqa: S608
            " order by created_at, id"
        ),
        {"partner_id": partner_id},
    )
    return [Webhook.of(row) for row in rows]


def webhook(webhook_id: uuid.UUID, partner_id: int | None = None) -> Webhook:
    """The webhook; with a partner, only one of that partner. Raises NotFound."""
    row = db.session().execute(
        text(f"select {_COLUMNS} from users.webhooks where {_OF_PARTNER}"),  # noqa: S608 (no value is put in)
        {"id": webhook_id, "partner_id": partner_id},
    ).one_or_none()  # fmt: skip
    if row is None:
        raise NotFound("webhook")
    return Webhook.of(row)


def change_webhook(
    webhook_id: uuid.UUID,
    *,
    events: Collection[str] | None = None,
    paused: bool,
    by: str = BY_PARTNER,
    partner_id: int | None = None,
) -> Webhook:
    """Set its events, and pause or resume it; after a pause its receiver must answer a ping again.

    What happens while it is paused is sent after the ping. `by` is the reason of a pause. Raises NotFound, Invalid
    `webhook.events`.
    """
    found = webhook(webhook_id, partner_id)
    if events is not None:
        db.session().execute(
            text("update users.webhooks set events = cast(:events as text[]) where id = :id"),
            {"id": webhook_id, "events": _checked_events(events)},
        )
    if paused:
        _PAUSE.perform(id=webhook_id, reason=by)
    elif found.state not in SENDING_STATES and _RESUME.perform(id=webhook_id) is not None:
        deliveries.ping(webhook_id)
    return webhook(webhook_id, partner_id)


def rotate_webhook_secret(webhook_id: uuid.UUID, partner_id: int | None = None) -> tuple[Webhook, str]:
    """Make a new secret; the former one signs too for FORMER_HOURS. Returns the secret, shown only here.

    While a former secret signs, the one that is replaced is the new one. Raises NotFound.
    """
    webhook(webhook_id, partner_id)
    secret = signing.make_secret()
    values = {"id": webhook_id, "sealed": signing.seal(secret, webhook_id), "hours": FORMER_HOURS}
    db.session().execute(_ROTATE, values)
    return webhook(webhook_id, partner_id), signing.as_text(secret)


def remove_webhook(webhook_id: uuid.UUID, partner_id: int | None = None) -> None:
    """Delete the webhook with its deliveries. Raises NotFound."""
    removed = db.session().execute(
        text(f"delete from users.webhooks where {_OF_PARTNER} returning 1"),  # noqa: S608 (no value is put in)
        {"id": webhook_id, "partner_id": partner_id},
    )
    if removed.first() is None:
        raise NotFound("webhook")


def seal_secrets_again() -> int:
    """Seal with the secret key what was sealed with the previous one, in the caller's transaction; returns how many."""
    sealed = 0
    for column in ("sealed_secret", "sealed_former_secret"):
        rows = db.session().execute(
            text(f"select id, {column} as sealed from users.webhooks where {column} is not null")  # noqa: S608
        )
        for row in rows.all():
            opened = signing.open_sealed(bytes(row.sealed), row.id)
            if opened is not None and not opened.is_current:
                db.session().execute(
                    text(f"update users.webhooks set {column} = :new where id = :id and {column} = :old"),  # noqa: S608
                    {"id": row.id, "old": row.sealed, "new": signing.seal(opened.secret, row.id)},
                )
                sealed += 1
    return sealed


def _check_address(address: str) -> None:
    try:
        poster().check(address)
    except BadAddress as error:
        code = "webhook.address" if error.reason == "form" else f"webhook.address_{error.reason}"
        raise Invalid(code, "address") from None


def _checked_events(events: Collection[str]) -> list[str]:
    if not events or not set(events) <= set(EVENTS):
        raise Invalid("webhook.events", "events")
    return [event for event in EVENTS if event in events]
