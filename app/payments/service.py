"""payment-service: charges, receipts, webhooks, refunds. Money is integer centavos, times are UTC.

Nothing here talks to a provider: verbs write rows and messages in the caller's transaction; `handlers.py` calls
the provider afterwards, with ids that are committed by then.
"""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from datetime import datetime

from sqlalchemy import select, text
from sqlalchemy.dialects.postgresql import insert

from app.adapters import psp
from app.core import codes, db, outbox
from app.core.config import settings
from app.core.errors import BilheteriaError, Conflict, Invalid, NotFound
from app.core.messages import ChargeCancelRequested, ChargeRequested, ProviderHinted
from app.payments import providers, states
from app.payments.models import ChargeRow, HintRow
from app.payments.providers import sandbox
from app.payments.refunds import (
    RefundTooLarge,
    failed_refunds,
    refund,
    refund_order,
    refunds_of,
    retry_refund,
)
from app.payments.retention import delete_unpaid, erase_payers
from app.payments.retention import export as export_payments
from app.payments.states import CREATED, LIVE_STATES
from app.payments.views import (
    CHARGE,
    CHARGE_COLUMNS,
    PROGRESS,
    Charge,
    Receipt,
    Refund,
    charge_of,
    receipts_of,
)

METHODS = ("pix", "card")
FIRST_CHECK_SECONDS = 10
MOST_NAMED = 100  # charges a webhook; the clock finds what is beyond


class WebhookRefused(BilheteriaError):
    """The webhook's signature is missing or wrong: nothing was stored."""

    status = 403


class WebhookUnreadable(Invalid):
    """The webhook is signed but says nothing that we can read."""


def request_charge(
    order_id: uuid.UUID,
    method: str,
    amount: int,
    expires_at: datetime,
    description: str,
    payer_name: str = "",
    payer_cpf: str | None = None,
    return_url: str = "",
    city: str = "",
) -> Charge:
    """Ask for `amount` centavos until `expires_at`. The caller holds the order's lock.

    The same method and amount again give the charge that stands. Another method or amount ends the old charge,
    at the provider first. `return_url` is the absolute address to which a card page sends the buyer back; `city`
    is the paid cinema's. Raises Invalid.
    """
    if method not in METHODS:
        raise Invalid("payment.method", "method")
    if amount <= 0:
        raise Invalid("payment.amount", "amount")
    values = {
        "id": codes.ordered_id(),
        "order_id": order_id,
        "method": method,
        "amount": amount,
        "state": CREATED,
        "provider": settings().payments.provider,
        "description": description[:140],
        "payer_name": payer_name[:200],
        "payer_cpf": payer_cpf or None,
        "return_url": return_url,
        "city": city,
        "expires_at": expires_at,
        "first_check": FIRST_CHECK_SECONDS,
    }
    made = _make_charge(values)
    if made is None:  # one live charge an order: look at the one that stands
        live = live_charge(order_id)
        if live is not None:
            if (live.method, live.amount, live.expires_at) == (method, amount, expires_at):
                return live
            end_charge(live.id, "replaced", publish=False)  # the new charge's handler cancels it first
        made = _make_charge(values)
    if made is None:  # another transaction was first
        raise Conflict("payment.running")
    outbox.publish(ChargeRequested(str(made.id)), urgent=True)
    return made


_MAKE_CHARGE = text(
    f"""
    insert into payments.charges (
        id, order_id, method, amount, state, provider, description, payer_name, payer_cpf, return_url, city, expires_at,
        next_check_at
    ) values (
        :id, :order_id, :method, :amount, :state, :provider, :description, :payer_name, :payer_cpf, :return_url, :city,
        :expires_at, clock_timestamp() + make_interval(secs => :first_check)
    )
    on conflict do nothing returning {CHARGE_COLUMNS}
    """
)
_END = states.CHARGE.move(
    "cancel",
    columns="failure = :reason, next_check_at = clock_timestamp() + make_interval(secs => :seconds)",
)
_END_OTHERS = states.CHARGE.update(
    "cancel",
    columns="failure = 'replaced', next_check_at = clock_timestamp()",
    using="settled",
    where="c.order_id = settled.order_id",
    alias="c",
)
_MARK_SETTLED = text(
    f"""
    with settled as (
        update payments.receipts set settled_at = clock_timestamp() where id = :id and settled_at is null
        returning order_id
    ),
    others as ({_END_OTHERS})
    select order_id from settled
    """
)
_PROGRESS = text(f"select {PROGRESS} from payments.charges c where c.id = :id")
_NEWEST = text(
    f"""
    select {CHARGE_COLUMNS}, {PROGRESS} as progress from payments.charges c
    where c.order_id = :order_id order by c.created_at desc limit 1
    """
)


def _make_charge(values: Mapping[str, object]) -> Charge | None:
    row = db.session().execute(_MAKE_CHARGE, values).first()
    return charge_of(row) if row else None


def live_charge(order_id: uuid.UUID) -> Charge | None:
    """The charge that can still be paid, if one stands."""
    row = (
        db.session()
        .execute(select(*CHARGE).where(ChargeRow.order_id == order_id, ChargeRow.state.in_(LIVE_STATES)))
        .first()
    )
    return charge_of(row) if row else None


def charges_of(order_id: uuid.UUID) -> list[Charge]:
    """All charges of an order, the oldest first."""
    query = select(*CHARGE).where(ChargeRow.order_id == order_id).order_by(ChargeRow.created_at)
    return [charge_of(row) for row in db.session().execute(query)]


def charge(charge_id: uuid.UUID) -> Charge:
    """Raises NotFound."""
    row = db.session().execute(select(*CHARGE).where(ChargeRow.id == charge_id)).first()
    if row is None:
        raise NotFound("charge")
    return charge_of(row)


def cancel_live_charge(order_id: uuid.UUID, reason: str = "abandoned") -> bool:
    """End the order's live charge, here now and at the provider by message. Money on its way is still received.

    `reason` is a stable word for `Charge.failure`. Returns whether there was one.
    """
    live = live_charge(order_id)
    return live is not None and end_charge(live.id, reason)


def end_charge(charge_id: uuid.UUID, reason: str, *, publish: bool = True) -> bool:
    """End one live charge; see `cancel_live_charge`. Without `publish` a later handler tells the provider."""
    if _END.perform(id=charge_id, reason=reason, seconds=FIRST_CHECK_SECONDS) is None:
        return False
    if publish:
        outbox.publish(ChargeCancelRequested(str(charge_id)))
    return True


def receive_webhook(provider: str, headers: Mapping[str, str], body: bytes) -> int:
    """Store what a provider's webhook hints at; returns how many charges it names.

    The truth is fetched by a handler. Raises NotFound (no such provider), WebhookRefused (forged),
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
    for provider_charge_id in named[:MOST_NAMED]:
        db.session().execute(
            insert(HintRow).values(
                id=codes.ordered_id(), provider=provider, provider_charge_id=provider_charge_id[:80]
            )
        )
        outbox.publish(ProviderHinted(provider, provider_charge_id), urgent=True)
    return len(named)


def mark_settled(receipt_id: uuid.UUID) -> bool:
    """This receipt bought the tickets. Called in the transaction that settles; returns False on a repeat.

    Another charge of the order, asked for before this money came, ends: the clock tells the provider in a moment.
    """
    return db.session().execute(_MARK_SETTLED, {"id": receipt_id}).first() is not None


def progress(charge_id: uuid.UUID) -> str:
    """A word that changes whenever a page that waits for this charge would look different; one cheap statement.

    `+settled`: the order's tickets are bought. `+returned`: this charge's money did not fit and goes back; `+back`:
    it is back; `+stuck`: the provider refused to give it back.
    """
    return db.session().execute(_PROGRESS, {"id": charge_id}).scalar() or "none"


def newest_charge(order_id: uuid.UUID) -> tuple[Charge, str] | None:
    """The order's last charge with its `progress`, both of the same moment."""
    row = db.session().execute(_NEWEST, {"order_id": order_id}).first()
    return (charge_of(row[:-1]), row[-1]) if row else None


__all__ = [
    "Charge",
    "Receipt",
    "Refund",
    "RefundTooLarge",
    "WebhookRefused",
    "WebhookUnreadable",
    "cancel_live_charge",
    "charge",
    "charges_of",
    "delete_unpaid",
    "end_charge",
    "erase_payers",
    "export_payments",
    "failed_refunds",
    "live_charge",
    "mark_settled",
    "newest_charge",
    "progress",
    "receipts_of",
    "receive_webhook",
    "refund",
    "refund_order",
    "refunds_of",
    "request_charge",
    "retry_refund",
    "sandbox",
]
