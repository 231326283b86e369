"""What payment-service does by message and by the clock: the only place that calls a provider.

A provider's answer is written down together with the message's done-mark. Every call carries an id that was
committed before, so a crash between the call and the writing ends in the same call again, not in a second one.
"""

from __future__ import annotations

import uuid

from sqlalchemy import ColumnElement, func, or_, select, text, update

from app.adapters import psp
from app.core import db, outbox, pages
from app.core.config import settings
from app.core.errors import Retry
from app.core.failpoints import failpoint
from app.core.handling import Attempt
from app.core.messages import (
    ChargeCancelRequested,
    ChargeRequested,
    ProviderHinted,
    RefundRequested,
    RefundSettled,
)
from app.core.pages import Page
from app.core.state_machine import one_of
from app.core.worker import Tick
from app.payments import provider_results, providers, service, states
from app.payments.models import ChargeRow, ReceiptRow, RefundRow
from app.payments.states import (
    CANCELLED,
    CANCELLING,
    CREATED,
    LIVE_STATES,
    PENDING,
    REFUND_PENDING,
    UNKNOWN,
)
from app.payments.views import in_seconds

HINT_LOOKS = 4  # a webhook may come before the bank's own books show the money
HINT_KEPT_DAYS = 30
# `check_charges` looks after these until they have ended, and `check_refunds` after every refund that has not: while a
# bank is away for hours, each of their messages would else become a dead letter.
_REPEATED_BY_TICK = (*LIVE_STATES, CANCELLING)


def on_charge_requested(message: ChargeRequested, attempt: Attempt) -> None:
    """Make the charge at the provider, after every earlier one of the order was ended there."""
    charge_id = uuid.UUID(message.charge_id)
    with db.reading() as current:
        charges = current.execute(
            select(ChargeRow).where(
                ChargeRow.order_id
                == select(ChargeRow.order_id).where(ChargeRow.id == charge_id).scalar_subquery(),
                or_(ChargeRow.id == charge_id, ChargeRow.state == CANCELLING),
            )
        ).scalars()
        by_id = {row.id: row for row in charges}
    wanted = by_id.pop(charge_id, None)
    if wanted is None or wanted.state not in (CREATED, UNKNOWN):
        return
    paid = [old for old in by_id.values() if _end(old)]
    if paid:  # the customer was quicker than the change of method: nothing more is asked for
        with attempt.transaction():
            provider_results.record(charge_id, psp.ChargeState(charge_id.hex, "ended"))
        return
    try:
        answer = providers.provider(wanted.provider).create(_request(wanted))
    except psp.Unreachable as error:
        with db.transaction():
            provider_results.fail(charge_id, "lost")
        raise Retry(str(error), delay=min(20.0, 0.5 * 2**attempt.number), discard_at_last=True) from None
    except psp.Refused:
        with attempt.transaction():
            provider_results.fail(charge_id, "refused")
        return
    failpoint("payments.after_create")
    with attempt.transaction():
        answer = provider_results.with_pix_code(answer, wanted.amount, wanted.city)
        if not provider_results.record(charge_id, answer) and not provider_results.is_wanted(charge_id):
            outbox.publish(ChargeCancelRequested(message.charge_id))


def _request(charge: ChargeRow) -> psp.ChargeRequest:
    back = charge.return_url
    return psp.ChargeRequest(
        id=charge.id.hex,
        method=charge.method,
        amount=charge.amount,
        expires_at=charge.expires_at,
        description=charge.description,
        payer_name=charge.payer_name,
        payer_cpf=charge.payer_cpf,
        # A version that stored a path may have written this charge.
        return_url=pages.address(Page.PATH, back) if back.startswith("/") else back,
    )


def _end(charge: ChargeRow) -> bool:
    """End an unwanted charge at the provider; True when it turns out to be paid."""
    answer = _cancel(charge)
    with db.transaction():
        provider_results.record(charge.id, answer)
    return bool(answer.payments)


def _cancel(charge: ChargeRow) -> psp.ChargeState:
    provider_charge_id = charge.provider_charge_id or charge.id.hex
    try:
        return providers.provider(charge.provider).cancel(provider_charge_id)
    except psp.UnknownCharge:
        return psp.ChargeState(provider_charge_id, "ended")
    except psp.Unreachable as error:
        raise Retry(str(error), delay=2.0, discard_at_last=charge.state in _REPEATED_BY_TICK) from None


def on_charge_cancel_requested(message: ChargeCancelRequested, attempt: Attempt) -> None:
    with db.reading() as current:
        charge = current.get(ChargeRow, uuid.UUID(message.charge_id))
    if charge is None:
        return
    answer = _cancel(charge)
    failpoint("payments.after_cancel")
    with attempt.transaction():
        provider_results.record(charge.id, answer)


def on_provider_hinted(message: ProviderHinted, attempt: Attempt) -> None:
    """Fetch how the charge stands; the hint itself is never believed."""
    with db.reading() as current:
        charge = current.execute(
            select(ChargeRow.id, ChargeRow.state, ChargeRow.amount, ChargeRow.city).where(
                ChargeRow.provider == message.provider, _names(message.provider_charge_id)
            )
        ).first()
    if charge is None:
        return
    try:
        answer = providers.provider(message.provider).fetch(message.provider_charge_id)
    except psp.Unreachable as error:
        delay = min(30.0, 0.5 * 2**attempt.number)
        raise Retry(str(error), delay=delay, discard_at_last=charge.state in _REPEATED_BY_TICK) from None
    except psp.UnknownCharge:
        return
    failpoint("payments.after_fetch")
    waits = provider_results.event_of(answer) == "accepted" and charge.state == PENDING
    if waits and message.from_webhook and attempt.number < HINT_LOOKS:
        raise Retry("the provider does not show it yet", delay=1.0)
    with attempt.transaction():
        provider_results.record(charge.id, provider_results.with_pix_code(answer, charge.amount, charge.city))


def _names(provider_charge_id: str) -> ColumnElement[bool]:
    """A provider may name a charge before its first answer reached us: our own id is its id then."""
    try:
        return or_(
            ChargeRow.provider_charge_id == provider_charge_id, ChargeRow.id == uuid.UUID(provider_charge_id)
        )
    except ValueError:
        return ChargeRow.provider_charge_id == provider_charge_id


def on_refund_requested(message: RefundRequested, attempt: Attempt) -> None:
    refund_id = uuid.UUID(message.refund_id)
    with db.reading() as current:
        row = current.execute(
            select(
                RefundRow.state,
                RefundRow.amount,
                ReceiptRow.provider,
                ReceiptRow.provider_receipt_id,
                ChargeRow,
            )
            .join(ReceiptRow, ReceiptRow.id == RefundRow.receipt_id)
            .join(ChargeRow, ChargeRow.id == ReceiptRow.charge_id)
            .where(RefundRow.id == refund_id)
        ).first()
    if row is None or row.state != REFUND_PENDING:
        return
    charge_at_provider = row.ChargeRow.provider_charge_id or row.ChargeRow.id.hex
    request = psp.RefundRequest(refund_id.hex, charge_at_provider, row.provider_receipt_id, row.amount)
    try:
        answer = providers.provider(row.provider).refund(request)
    except psp.Unreachable as error:
        raise Retry(str(error), delay=min(60.0, 0.5 * 2**attempt.number), discard_at_last=True) from None
    except psp.Refused:
        answer = "refused"
    failpoint("payments.after_refund")
    with attempt.transaction():
        _record_refund(refund_id, answer)


# A refund may take a bank days: the next look comes later the older it is, from 2 seconds to an hour.
_NEXT_LOOK = func.clock_timestamp() + func.greatest(
    text("interval '2 seconds'"),
    func.least(text("interval '1 hour'"), (func.clock_timestamp() - RefundRow.created_at) / 4),
)


_REFUND_ENDS = "failure = :failure, ended_at = clock_timestamp(), next_check_at = null"
_REFUND_DONE = states.REFUND.move("done", columns=_REFUND_ENDS, returning="order_id, amount, state")
_REFUND_REFUSED = states.REFUND.move("refused", columns=_REFUND_ENDS, returning="order_id, amount, state")


def _record_refund(refund_id: uuid.UUID, answer: str) -> None:
    if answer == "waiting":
        db.session().execute(
            update(RefundRow)
            .where(RefundRow.id == refund_id, RefundRow.state == REFUND_PENDING)
            .values(next_check_at=_NEXT_LOOK)
            .returning(RefundRow.id)
        )
        return
    if answer == "done":
        row = _REFUND_DONE.perform(id=refund_id, failure=None)
    else:
        row = _REFUND_REFUSED.perform(id=refund_id, failure=answer)
    if row is not None:
        outbox.publish(RefundSettled(str(refund_id), str(row.order_id), row.amount, row.state), urgent=True)


def check_charges() -> None:
    """Look again at charges whose time has come: lost answers, lost webhooks, ended deadlines."""
    with db.transaction() as current:
        for row in current.execute(_DUE_CHARGES).all():
            if row.state in LIVE_STATES and row.over:
                service.end_charge(row.id, "expired")
            elif row.state in (CREATED, UNKNOWN):
                outbox.publish(ChargeRequested(str(row.id)))
            elif row.state == CANCELLING:
                outbox.publish(ChargeCancelRequested(str(row.id)))
            else:
                outbox.publish(ProviderHinted(row.provider, row.provider_charge_id, from_webhook=False))


# The next look comes later the older the charge is, but never after its deadline; a cancelled one has a last look.
_DUE_CHARGES = text(
    f"""
    update payments.charges c set next_check_at = case
        when {one_of("c.state", (CANCELLED,))} then null
        when c.expires_at > clock_timestamp() then least(c.expires_at, due.again)
        else due.again end
    from (
        select id, clock_timestamp() + greatest(interval '10 seconds',
            least(interval '1 minute', (clock_timestamp() - created_at) / 4)) as again
        from payments.charges where next_check_at <= clock_timestamp()
        order by next_check_at limit 100 for update skip locked
    ) due
    where c.id = due.id
    returning c.id, c.state, c.provider, c.expires_at <= clock_timestamp() as over,
        coalesce(c.provider_charge_id, replace(c.id::text, '-', '')) as provider_charge_id
    """
)


def check_refunds() -> None:
    """Ask again for refunds that have not ended."""
    with db.transaction() as current:
        due = current.execute(
            update(RefundRow)
            .where(RefundRow.next_check_at <= func.clock_timestamp(), RefundRow.state == REFUND_PENDING)
            .values(next_check_at=in_seconds(60))
            .returning(RefundRow.id)
        ).scalars()
        for refund_id in due.all():
            outbox.publish(RefundRequested(str(refund_id)))


def deliver_sandbox_notifications() -> int:
    """The sandbox bank's webhooks, put in through the same door as a real bank's. Returns how many."""
    if settings().payments.provider != "sandbox":
        return 0
    bank = providers.sandbox()
    due = bank.notifications()
    for notification in due:
        with db.transaction():
            service.receive_webhook(bank.name, notification.headers, notification.body)
        bank.delivered(notification.id)
    return len(due)


def forget_hints() -> None:
    with db.transaction() as current:
        current.execute(
            text(
                "delete from payments.hints where received_at < clock_timestamp() - make_interval(days => :days)"
            ),
            {"days": HINT_KEPT_DAYS},
        )


HANDLERS = {
    ChargeRequested: on_charge_requested,
    ChargeCancelRequested: on_charge_cancel_requested,
    ProviderHinted: on_provider_hinted,
    RefundRequested: on_refund_requested,
}
TICKS = [
    Tick("payments: charges", 2.0, check_charges),
    Tick("payments: refunds", 2.0, check_refunds),
    Tick("payments: hints", 3600.0, forget_hints),
    Tick("sandbox bank", 1.0, deliver_sandbox_notifications),
]
