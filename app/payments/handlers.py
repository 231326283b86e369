"""Message handlers of payment-service: the only code that calls a provider.

A provider's answer is recorded in the transaction that marks the message as done. Each call carries an id that was
committed before it: after a crash between call and commit, the same call is repeated with the same id, and the provider
does not act twice.
"""

from __future__ import annotations

import uuid
from collections.abc import Sequence

from sqlalchemy import ColumnElement, func, or_, select, text, update

from app.adapters import psp
from app.core import db, outbox, pages
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
from app.core.moves import move
from app.core.pages import Page
from app.core.worker import Tick
from app.payments import checks, provider_results, providers, states
from app.payments.models import ChargeRow, ReceiptRow, RefundRow
from app.payments.states import (
    CANCELLING,
    CREATED,
    LIVE_STATES,
    PENDING,
    REFUND_PENDING,
    UNKNOWN,
)

MAX_HINT_ATTEMPTS = 4  # a webhook may come before the provider shows the payment
# `check_charges` writes new messages for charges in these states, and `check_refunds` for every pending refund. So a
# message that fails while the bank is unreachable need not become a dead letter.
_REPEATED_BY_TICK = (*LIVE_STATES, CANCELLING)


def on_charge_requested(message: ChargeRequested, attempt: Attempt) -> None:
    """Make the charge at the provider, after the earlier charges of its order and its terminal were ended there."""
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
    for other in _cancelled_at_terminal(wanted):
        _end_at_provider(other)
    paid = [old for old in by_id.values() if _end_at_provider(old)]
    if paid:  # the customer paid an earlier charge before it ended: do not charge again
        with attempt.transaction():
            provider_results.record(charge_id, psp.ChargeState(charge_id.hex, "ended"))
        return
    try:
        answer = providers.provider(wanted.provider, wanted.terminal).create(_charge_request(wanted))
    except psp.Unreachable as error:
        with db.transaction():
            provider_results.record_failure(charge_id, "lost")
        raise Retry(str(error), delay=min(20.0, 0.5 * 2**attempt.number), discard_at_last=True) from None
    except psp.Refused:
        with attempt.transaction():
            provider_results.record_failure(charge_id, "refused")
        return
    failpoint("payments.after_create")
    with attempt.transaction():
        answer = provider_results.with_pix_code(answer, wanted.amount, wanted.city)
        if not provider_results.record(charge_id, answer) and not provider_results.is_wanted(charge_id):
            outbox.publish(ChargeCancelRequested(message.charge_id))


def _cancelled_at_terminal(wanted: ChargeRow) -> Sequence[ChargeRow]:
    """The charges of other orders whose cancellation the charge's terminal has not confirmed yet."""
    if wanted.terminal is None:
        return ()
    with db.reading() as current:
        query = select(ChargeRow).where(
            ChargeRow.terminal == wanted.terminal,
            ChargeRow.state == CANCELLING,
            ChargeRow.order_id != wanted.order_id,
        )
        return current.execute(query).scalars().all()


def _charge_request(charge: ChargeRow) -> psp.ChargeRequest:
    return_url = charge.return_url
    return psp.ChargeRequest(
        id=charge.id.hex,
        method=charge.method,
        amount=charge.amount,
        expires_at=charge.expires_at,
        description=charge.description,
        payer_name=charge.payer_name,
        payer_cpf=charge.payer_cpf,
        # An older version stored a path instead of an absolute address.
        return_url=pages.address(Page.PATH, return_url) if return_url.startswith("/") else return_url,
    )


def _end_at_provider(charge: ChargeRow) -> bool:
    """End a cancelled charge at the provider and record the answer. Returns whether it was paid.

    A terminal that does not answer holds up no other payment: the tick goes on asking, and if the card was approved
    after all, the second of the two payments is refunded.
    """
    try:
        answer = _cancel_at_provider(charge)
    except Retry:
        if charge.terminal is None:
            raise
        return False
    with db.transaction():
        provider_results.record(charge.id, answer)
    return bool(answer.payments)


def _cancel_at_provider(charge: ChargeRow) -> psp.ChargeState:
    provider_charge_id = charge.provider_charge_id or charge.id.hex
    try:
        return providers.provider(charge.provider, charge.terminal).cancel(provider_charge_id)
    except psp.UnknownCharge:
        return psp.ChargeState(provider_charge_id, "ended")
    except psp.Unreachable as error:
        raise Retry(str(error), delay=2.0, discard_at_last=charge.state in _REPEATED_BY_TICK) from None


def on_charge_cancel_requested(message: ChargeCancelRequested, attempt: Attempt) -> None:
    """End a charge at the provider."""
    with db.reading() as current:
        charge = current.get(ChargeRow, uuid.UUID(message.charge_id))
    if charge is None:
        return
    answer = _cancel_at_provider(charge)
    failpoint("payments.after_cancel")
    with attempt.transaction():
        provider_results.record(charge.id, answer)


def on_provider_hinted(message: ProviderHinted, attempt: Attempt) -> None:
    """Fetch the charge's state from the provider: a hint is not trusted, because a webhook can be wrong or late."""
    with db.reading() as current:
        charge = current.execute(
            select(ChargeRow.id, ChargeRow.state, ChargeRow.amount, ChargeRow.city, ChargeRow.terminal).where(
                ChargeRow.provider == message.provider, _is_named(message.provider_charge_id)
            )
        ).first()
    if charge is None:
        return
    try:
        answer = providers.provider(message.provider, charge.terminal).fetch(message.provider_charge_id)
    except psp.Unreachable as error:
        if charge.terminal is not None and charge.state in (PENDING, UNKNOWN):
            with attempt.transaction():
                provider_results.record_failure(charge.id, "silent")
            return  # the tick asks again within seconds
        delay = min(30.0, 0.5 * 2**attempt.number)
        raise Retry(str(error), delay=delay, discard_at_last=charge.state in _REPEATED_BY_TICK) from None
    except psp.UnknownCharge:
        return
    failpoint("payments.after_fetch")
    is_unpaid = provider_results.event_of(answer) == "accepted" and charge.state == PENDING
    if is_unpaid and message.from_webhook and attempt.number < MAX_HINT_ATTEMPTS:
        raise Retry("the provider does not show the payment yet", delay=1.0)
    with attempt.transaction():
        provider_results.record(charge.id, provider_results.with_pix_code(answer, charge.amount, charge.city))


def _is_named(provider_charge_id: str) -> ColumnElement[bool]:
    """The condition that finds a charge by the provider's id.

    A provider may name a charge before its first answer is recorded: then the provider's id is our own id.
    """
    try:
        return or_(
            ChargeRow.provider_charge_id == provider_charge_id, ChargeRow.id == uuid.UUID(provider_charge_id)
        )
    except ValueError:
        return ChargeRow.provider_charge_id == provider_charge_id


def on_refund_requested(message: RefundRequested, attempt: Attempt) -> None:
    """Ask the provider for a refund, or how it stands; the refund's id makes both one call."""
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
        answer = providers.provider(row.provider, row.ChargeRow.terminal).refund(request)
    except psp.Unreachable as error:
        raise Retry(str(error), delay=min(60.0, 0.5 * 2**attempt.number), discard_at_last=True) from None
    except psp.Refused:
        answer = "refused"
    failpoint("payments.after_refund")
    with attempt.transaction():
        _record_refund(refund_id, answer)


# A bank may take days for a refund: the older the refund, the later the next check, from 2 seconds to an hour.
_NEXT_CHECK = func.clock_timestamp() + func.greatest(
    text("interval '2 seconds'"),
    func.least(text("interval '1 hour'"), (func.clock_timestamp() - RefundRow.created_at) / 4),
)


_REFUND_ENDS = "failure = :failure, ended_at = clock_timestamp(), next_check_at = null"
_REFUND_DONE = move(states.REFUND, "done", columns=_REFUND_ENDS, returning="order_id, amount, state")
_REFUND_REFUSED = move(states.REFUND, "refused", columns=_REFUND_ENDS, returning="order_id, amount, state")


def _record_refund(refund_id: uuid.UUID, answer: str) -> None:
    """Record the provider's answer: `waiting`, `done` or `refused`."""
    if answer == "waiting":
        db.session().execute(
            update(RefundRow)
            .where(RefundRow.id == refund_id, RefundRow.state == REFUND_PENDING)
            .values(next_check_at=_NEXT_CHECK)
            .returning(RefundRow.id)
        )
        return
    if answer == "done":
        row = _REFUND_DONE.perform(id=refund_id, failure=None)
    else:
        row = _REFUND_REFUSED.perform(id=refund_id, failure=answer)
    if row is not None:
        outbox.publish(RefundSettled(str(refund_id), str(row.order_id), row.amount, row.state), urgent=True)


HANDLERS = {
    ChargeRequested: on_charge_requested,
    ChargeCancelRequested: on_charge_cancel_requested,
    ProviderHinted: on_provider_hinted,
    RefundRequested: on_refund_requested,
}
TICKS = [
    Tick("payments: charges", 2.0, checks.check_charges),
    Tick("payments: refunds", 2.0, checks.check_refunds),
    Tick("payments: hints", 3600.0, checks.delete_old_hints),
    Tick("sandbox bank", 1.0, checks.deliver_sandbox_notifications),
]
