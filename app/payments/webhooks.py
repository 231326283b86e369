"""Webhooks: a provider names charges that may have changed. They are stored; handlers fetch the charges' states."""

from __future__ import annotations

from collections.abc import Mapping

from sqlalchemy.dialects.postgresql import insert

from app.adapters import psp
from app.core import codes, db, outbox
from app.core.config import settings
from app.core.errors import BilheteriaError, Invalid, NotFound
from app.core.messages import ProviderHinted
from app.payments import providers
from app.payments.models import HintRow

MAX_NAMED_CHARGES = 100  # of one webhook; the periodic check finds the others


class WebhookRefused(BilheteriaError):
    """The webhook's signature is missing or wrong: nothing was stored."""

    status = 403


class WebhookUnreadable(Invalid):
    """The webhook is signed, but its content cannot be parsed."""


def receive_webhook(provider: str, headers: Mapping[str, str], body: bytes) -> int:
    """Store the charges that a provider's webhook names, and return how many they are.

    A handler fetches their states from the provider. Raises NotFound (no such provider), WebhookRefused (forged),
    WebhookUnreadable.
    """
    if provider != settings().payments.provider:
        raise NotFound("provider")
    try:
        named = providers.provider(provider).read_webhook(headers, body)
    except psp.Forged as error:
        raise WebhookRefused(str(error)) from None
    except psp.Unreadable as error:
        raise WebhookUnreadable("webhook.unreadable", reason=str(error)) from None
    for provider_charge_id in named[:MAX_NAMED_CHARGES]:
        db.session().execute(
            insert(HintRow).values(
                id=codes.ordered_id(), provider=provider, provider_charge_id=provider_charge_id[:80]
            )
        )
        outbox.publish(ProviderHinted(provider, provider_charge_id), urgent=True)
    return len(named)
