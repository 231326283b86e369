"""The webhooks of a partner, with the log of their deliveries."""

from __future__ import annotations

import uuid
from datetime import UTC, datetime, timedelta
from typing import Any

from flask import Response, make_response

from app.api import idempotent, identity
from app.api.identity import require
from app.api.lists import cursor_of, position_of
from app.api.programme_schemas import list_of
from app.api.resource import Resource
from app.api.webhook_schemas import (
    ChangedWebhookSchema,
    DeliveriesArguments,
    DeliverySchema,
    LoggedDeliverySchema,
    NewReplaySchema,
    NewWebhookSchema,
    ReplaySchema,
    WebhookSchema,
    WebhookSecretSchema,
)
from app.core import db
from app.core.errors import Invalid
from app.users import service as users
from app.users.service import Webhook, WebhookDelivery

SERVICE, PATH = "users", "/webhooks"
SCOPE = "bilheteria/webhooks"
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
blueprint = Resource("webhooks", about="Where the events of a partner's orders are posted, and how that went")


@blueprint.get("")
@require(SCOPE)
@blueprint.response(200, list_of(WebhookSchema))
@blueprint.doc(operationId="listWebhooks")
def list_webhooks() -> object:
    """List the partner's webhooks; they are few, so they come in one page"""
    return {"items": users.webhooks_of(_partner_id()), "next": None}


@blueprint.act("", NewWebhookSchema, allowed=(SCOPE,))
@blueprint.response(201, WebhookSecretSchema)
@blueprint.doc(operationId="createWebhook")
def create_webhook(address: str, events: list[str]) -> object:
    """Have events posted to an address, which gets a ping first

    The answer has the secret that signs the posts; it is not shown again.
    """
    made, secret = users.add_webhook(_partner_id(), address, events)
    return _with_secret(made, secret)


@blueprint.get("/<uuid:webhook_id>")
@require(SCOPE)
@blueprint.response(200, WebhookSchema)
@blueprint.doc(operationId="readWebhook")
def read_webhook(webhook_id: uuid.UUID) -> object:
    """Read a webhook and its state"""
    return users.webhook(webhook_id, _partner_id())


@blueprint.put("/<uuid:webhook_id>")
@require(SCOPE)
@blueprint.body(ChangedWebhookSchema)
@blueprint.response(200, WebhookSchema)
@blueprint.doc(operationId="changeWebhook")
def change_webhook(webhook_id: uuid.UUID, events: list[str], paused: bool) -> object:
    """Set the events of a webhook, and pause or resume it"""
    with db.transaction():
        return users.change_webhook(webhook_id, events=events, paused=paused, partner_id=_partner_id())


@blueprint.delete("/<uuid:webhook_id>")
@require(SCOPE)
@blueprint.response(204)
@blueprint.doc(operationId="deleteWebhook")
def delete_webhook(webhook_id: uuid.UUID) -> Response:
    """Delete a webhook and its deliveries"""
    with db.transaction():
        users.remove_webhook(webhook_id, _partner_id())
    return make_response("", 204)


@blueprint.act("/<uuid:webhook_id>/secrets", allowed=(SCOPE,))
@blueprint.response(201, WebhookSecretSchema)
@blueprint.doc(operationId="rotateWebhookSecret")
def rotate_secret(webhook_id: uuid.UUID) -> object:
    """Make a new secret; the former one signs too for 24 hours

    Until then another rotation replaces the new secret, and not the former one.
    """
    return _with_secret(*users.rotate_webhook_secret(webhook_id, _partner_id()))


@blueprint.get("/<uuid:webhook_id>/deliveries")
@require(SCOPE)
@blueprint.query(DeliveriesArguments)
@blueprint.response(200, list_of(DeliverySchema))
@blueprint.doc(operationId="listWebhookDeliveries")
def list_deliveries(webhook_id: uuid.UUID, limit: int, cursor: str, state: str | None) -> object:
    """List the deliveries of a webhook, the newest first, pings too"""
    users.webhook(webhook_id, _partner_id())
    found = users.webhook_deliveries(webhook_id, state=state, before=_position(cursor), most=limit + 1)
    page = found[:limit]
    return {"items": page, "next": cursor_of(_key(page[-1])) if len(found) > limit else None}


@blueprint.get("/<uuid:webhook_id>/deliveries/<uuid:event_id>")
@require(SCOPE)
@blueprint.response(200, LoggedDeliverySchema)
@blueprint.doc(operationId="readWebhookDelivery")
def read_delivery(webhook_id: uuid.UUID, event_id: uuid.UUID) -> object:
    """Read a delivery, with what is posted and with its attempts"""
    users.webhook(webhook_id, _partner_id())
    delivery, attempts = users.webhook_delivery(webhook_id, event_id)
    return {name: getattr(delivery, name) for name in WebhookDelivery.__slots__} | {"log": attempts}


@blueprint.act("/<uuid:webhook_id>/deliveries/<uuid:event_id>/replay", allowed=(SCOPE,))
@blueprint.response(202, ReplaySchema)
@blueprint.doc(operationId="replayWebhookDelivery")
def replay_delivery(webhook_id: uuid.UUID, event_id: uuid.UUID) -> object:
    """Send one event again, with the same id"""
    users.webhook(webhook_id, _partner_id())
    users.replay_webhook_delivery(webhook_id, event_id)
    return {"replayed": 1}


@blueprint.act("/<uuid:webhook_id>/replays", NewReplaySchema, allowed=(SCOPE,))
@blueprint.response(202, ReplaySchema)
@blueprint.doc(operationId="replayWebhook")
def replay(webhook_id: uuid.UUID, since: datetime, until: datetime) -> object:
    """Send the events of a time again, with the same ids, those that were delivered too"""
    users.webhook(webhook_id, _partner_id())
    return {"replayed": users.replay_webhook_deliveries(webhook_id, since, until)}


def _partner_id() -> int:
    partner = identity.caller().partner
    assert partner is not None  # only partners have the scope
    return partner.id


def _with_secret(found: Webhook, secret: str) -> dict[str, Any]:
    idempotent.show_once("secret")
    return {name: getattr(found, name) for name in Webhook.__slots__} | {"secret": secret}


def _key(delivery: WebhookDelivery) -> tuple[int, str]:
    return (delivery.happened_at - EPOCH) // timedelta(microseconds=1), str(delivery.event_id)


def _position(cursor: str) -> tuple[datetime, uuid.UUID] | None:
    key = position_of(cursor)
    if key is None:
        return None
    try:
        microseconds, event_id = key
        return EPOCH + timedelta(microseconds=microseconds), uuid.UUID(event_id)
    except (TypeError, ValueError, AttributeError, OverflowError):
        raise Invalid("cursor.unknown", "cursor") from None
