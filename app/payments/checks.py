"""Periodic work of payment-service: checks of charges and refunds, old hints, the sandbox bank's webhooks.

The ticks only write messages; the handlers call the provider.
"""

from __future__ import annotations

from sqlalchemy import func, text, update

from app.core import db, outbox
from app.core.config import settings
from app.core.messages import ChargeCancelRequested, ChargeRequested, ProviderHinted, RefundRequested
from app.core.state_machine import one_of
from app.payments import providers, service
from app.payments.models import RefundRow
from app.payments.provider_results import TERMINAL_CHECK_SECONDS
from app.payments.states import (
    CANCELLED,
    CANCELLING,
    CREATED,
    LIVE_STATES,
    PENDING,
    REFUND_PENDING,
    UNKNOWN,
)
from app.payments.views import seconds_from_now

HINT_KEPT_DAYS = 30


def check_charges() -> None:
    """Check charges that are due again: their answer or webhook was lost, or their deadline has passed."""
    with db.transaction() as current:
        for row in current.execute(_DUE_CHARGES).all():
            if row.state in LIVE_STATES and row.over:
                service.end_charge(row.id, "expired")
            elif row.state in (CREATED, UNKNOWN) and not row.was_at_terminal:
                outbox.publish(ChargeRequested(str(row.id)))
            elif row.state == CANCELLING:
                outbox.publish(ChargeCancelRequested(str(row.id)))
            else:
                outbox.publish(ProviderHinted(row.provider, row.provider_charge_id, from_webhook=False))


# The older the charge, the later the next check, but never after its deadline. A cancelled charge has one last check.
# A terminal that waits for a card is asked every few seconds, also while it is silent: it sends no webhook.
_DUE_CHARGES = text(
    f"""
    update payments.charges c set next_check_at = case
        when {one_of("c.state", (CANCELLED,))} then null
        when {one_of("c.state", (PENDING, UNKNOWN))} and c.terminal is not null and c.provider_charge_id is not null
            then clock_timestamp() + interval '{TERMINAL_CHECK_SECONDS} seconds'
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
        c.terminal is not null and c.provider_charge_id is not null as was_at_terminal,
        coalesce(c.provider_charge_id, replace(c.id::text, '-', '')) as provider_charge_id
    """
)


def check_refunds() -> None:
    """Request due refunds again that have not ended."""
    with db.transaction() as current:
        due = current.execute(
            update(RefundRow)
            .where(RefundRow.next_check_at <= func.clock_timestamp(), RefundRow.state == REFUND_PENDING)
            .values(next_check_at=seconds_from_now(60))
            .returning(RefundRow.id)
        ).scalars()
        for refund_id in due.all():
            outbox.publish(RefundRequested(str(refund_id)))


def deliver_sandbox_notifications() -> int:
    """Receive the sandbox bank's due webhooks, as a real bank's are received. Returns how many they were."""
    if settings().payments.provider != "sandbox":
        return 0
    bank = providers.sandbox()
    due = bank.notifications()
    for notification in due:
        with db.transaction():
            service.receive_webhook(bank.name, notification.headers, notification.body)
        bank.delivered(notification.id)
    return len(due)


def delete_old_hints() -> None:
    """Delete the hints of webhooks after HINT_KEPT_DAYS."""
    with db.transaction() as current:
        current.execute(
            text(
                "delete from payments.hints where received_at < clock_timestamp() - make_interval(days => :days)"
            ),
            {"days": HINT_KEPT_DAYS},
        )
