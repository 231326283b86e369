"""payment-service: charges, receipts, webhooks, refunds. Money is integer centavos, times are UTC.

No verb calls a provider: verbs write rows and messages in the caller's transaction. `handlers.py` calls the provider
afterwards, with ids that are committed by then.
"""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from datetime import datetime

from sqlalchemy import select, text

from app.core import codes, db, metrics, outbox, telemetry
from app.core.errors import Conflict, Invalid, NotFound
from app.core.messages import ChargeCancelRequested, ChargeRequested
from app.core.moves import move
from app.payments import providers, states
from app.payments.models import ChargeRow
from app.payments.providers import sandbox
from app.payments.refunds import (
    RefundTooLarge,
    failed_refunds,
    refund,
    refund_order,
    refund_rest,
    refunds_of,
    retry_refund,
)
from app.payments.retention import delete_unpaid, erase_payers
from app.payments.retention import export as export_payments
from app.payments.states import CREATED, LIVE_STATES
from app.payments.terminals import (
    CARD_PRESENT,
    METHODS,
    has_terminals,
    is_sandbox,
    methods_at,
    report_change,
    sandbox_terminals,
)
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
from app.payments.webhooks import WebhookRefused, WebhookUnreadable, receive_webhook

FIRST_CHECK_SECONDS = 10


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
    terminal: uuid.UUID | None = None,
) -> Charge:
    """Create a charge of `amount` centavos that can be paid until `expires_at`. The caller holds the order's lock.

    The same method, amount and expiry again return the live charge. Otherwise the live charge is ended: at the provider
    before the new one is made there. `return_url` is the absolute address to which a card page sends the buyer back;
    `city` is the city of the cinema that is paid; `terminal` is the kiosk where a `card_present` is read: another
    order's live charge there ends, too. Raises Invalid; Conflict when another transaction made a charge.
    """
    _check(method, amount, terminal)
    values = {
        "order_id": order_id,
        "method": method,
        "amount": amount,
        "description": description[:140],
        "payer_name": payer_name[:200],
        "payer_cpf": payer_cpf or None,
        "return_url": return_url,
        "city": city,
        "expires_at": expires_at,
        "terminal": terminal if method == CARD_PRESENT else None,
    }
    made = _make_charge(values)
    if made is None:  # an order has one live charge at most, and so has a terminal
        live = live_charge(order_id)
        if live is not None and (live.method, live.amount, live.expires_at) == (method, amount, expires_at):
            return live
        made = _replace_charge(live, values)
    outbox.publish(ChargeRequested(str(made.id)), urgent=True)
    return made


def _check(method: str, amount: int, terminal: uuid.UUID | None) -> None:
    if method not in METHODS or (method == CARD_PRESENT and terminal is None):
        raise Invalid("payment.method", "method")
    if amount <= 0:
        raise Invalid("payment.amount", "amount")


def _replace_charge(live: Charge | None, values: Mapping[str, object]) -> Charge:
    """End the live charges of order and terminal and make a new one. Raises Conflict when another transaction made one.

    The handler of the new charge cancels them first.
    """
    if live is not None:
        end_charge(live.id, "replaced", publish=False)
    if values["terminal"] is not None:
        _END_AT_TERMINAL.perform(terminal=values["terminal"], reason="replaced", seconds=FIRST_CHECK_SECONDS)
    made = _make_charge(values)
    if made is None:
        raise Conflict("payment.running")
    return made


_MAKE_CHARGE = text(
    f"""
    insert into payments.charges (
        id, order_id, method, amount, state, provider, description, payer_name, payer_cpf, return_url, city, expires_at,
        terminal, next_check_at
    ) values (
        :id, :order_id, :method, :amount, :state, :provider, :description, :payer_name, :payer_cpf, :return_url, :city,
        :expires_at, :terminal, clock_timestamp() + make_interval(secs => :first_check)
    )
    on conflict do nothing returning {CHARGE_COLUMNS}
    """
)
_END_COLUMNS = "failure = :reason, next_check_at = clock_timestamp() + make_interval(secs => :seconds)"
_END = move(states.CHARGE, "cancel", columns=_END_COLUMNS)
_END_AT_TERMINAL = move(states.CHARGE, "cancel", columns=_END_COLUMNS, where="terminal = :terminal")
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
    """Insert a new charge; None while the order has another live one."""
    provider = providers.name_for(str(values["method"]))
    new = {
        "id": codes.ordered_id(),
        "state": CREATED,
        "provider": provider,
        "first_check": FIRST_CHECK_SECONDS,
    }
    row = db.session().execute(_MAKE_CHARGE, {**values, **new}).first()
    if row is None:
        return None
    telemetry.record_committed(metrics.CHARGES, labels={"event": "request"})
    return charge_of(row)


def live_charge(order_id: uuid.UUID) -> Charge | None:
    """The order's charge that can still be paid, or None."""
    row = (
        db.session()
        .execute(select(*CHARGE).where(ChargeRow.order_id == order_id, ChargeRow.state.in_(LIVE_STATES)))
        .first()
    )
    return charge_of(row) if row else None


def charges_of(order_id: uuid.UUID) -> list[Charge]:
    """The charges of an order, the oldest first."""
    query = select(*CHARGE).where(ChargeRow.order_id == order_id).order_by(ChargeRow.created_at)
    return [charge_of(row) for row in db.session().execute(query)]


def charge(charge_id: uuid.UUID) -> Charge:
    """The charge with this id. Raises NotFound."""
    row = db.session().execute(select(*CHARGE).where(ChargeRow.id == charge_id)).first()
    if row is None:
        raise NotFound("charge")
    return charge_of(row)


def cancel_live_charge(order_id: uuid.UUID, reason: str = "abandoned") -> bool:
    """End the order's live charge: here at once, at the provider by message. Money on its way is still received.

    `reason` is a stable word for `Charge.failure`. Returns whether the order had a live charge.
    """
    live = live_charge(order_id)
    return live is not None and end_charge(live.id, reason)


def end_charge(charge_id: uuid.UUID, reason: str, *, publish: bool = True) -> bool:
    """End one live charge; see `cancel_live_charge`. Without `publish`, another handler cancels it at the provider."""
    if _END.perform(id=charge_id, reason=reason, seconds=FIRST_CHECK_SECONDS) is None:
        return False
    if publish:
        outbox.publish(ChargeCancelRequested(str(charge_id)))
    return True


def mark_settled(receipt_id: uuid.UUID) -> bool:
    """Mark the receipt that buys the tickets, in the transaction that settles. Returns False on a repeat.

    Every other live charge of the order ends; the periodic check cancels it at the provider.
    """
    return db.session().execute(_MARK_SETTLED, {"id": receipt_id}).first() is not None


def progress(charge_id: uuid.UUID) -> str:
    """A word that changes whenever a page that waits for this charge has to change; one cheap statement.

    It is the charge's state with suffixes. `+settled`: the order's tickets are bought. `+returned`: this charge's money
    could not be used and is being refunded; `+back`: it is refunded; `+stuck`: the provider refused the refund.
    """
    return db.session().execute(_PROGRESS, {"id": charge_id}).scalar() or "none"


def newest_charge(order_id: uuid.UUID) -> tuple[Charge, str] | None:
    """The order's newest charge with its `progress`, read by one statement, or None."""
    row = db.session().execute(_NEWEST, {"order_id": order_id}).first()
    return (charge_of(row[:-1]), row[-1]) if row else None


__all__ = [
    "CARD_PRESENT",
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
    "has_terminals",
    "is_sandbox",
    "live_charge",
    "mark_settled",
    "methods_at",
    "newest_charge",
    "progress",
    "receipts_of",
    "receive_webhook",
    "refund",
    "refund_order",
    "refund_rest",
    "refunds_of",
    "report_change",
    "request_charge",
    "retry_refund",
    "sandbox",
    "sandbox_terminals",
]
