"""Card terminals: whether kiosks have them, and one terminal as a payment provider.

A charge at a terminal is a charge like any other: create, fetch, cancel and refund of the port to payment providers are
start, status, cancel and reverse of the port to terminals. So it has the same states, receipts and refunds.
"""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from functools import lru_cache

from app.adapters import psp, terminal
from app.adapters.postgres_limits import Limits
from app.adapters.terminal.sandbox import SandboxTerminals
from app.core import db, outbox
from app.core.config import settings
from app.core.messages import ProviderHinted

CARD_PRESENT = "card_present"  # the method: a card that is put into a terminal, or held to it
ONLINE_METHODS = ("pix", "card")
METHODS = (*ONLINE_METHODS, CARD_PRESENT)
# The terminal's end without an approval, as the status and the failure of a charge.
_ENDS = {
    "declined": ("declined", "declined"),
    "removed": ("declined", "removed"),
    "timed_out": ("declined", "timed_out"),
    "cancelled": ("ended", None),
}


def methods_at(kiosk: uuid.UUID | None) -> tuple[str, ...]:
    """The methods by which people can pay at a kiosk that has a terminal; None: on the web."""
    if kiosk is None:
        return ONLINE_METHODS
    return ("pix", CARD_PRESENT) if has_terminals() else ("pix",)


def has_terminals() -> bool:
    """Whether kiosks can have a card terminal: the settings name an adapter. Managers say which kiosks have one."""
    return is_sandbox()


def is_sandbox() -> bool:
    """Whether the terminals are those of the sandbox. Beside a real bank they would give tickets away."""
    payments = settings().payments
    return payments.terminal == "sandbox" and payments.provider == "sandbox"


def sandbox_terminals() -> SandboxTerminals:
    """The sandbox terminals themselves: their page and the tests set what happens there."""
    return _sandbox(db.direct_url(), db.limits())


@lru_cache(maxsize=4)
def _sandbox(url: str, limits: Limits) -> SandboxTerminals:
    return SandboxTerminals(url, limits=limits)


def report_change(transaction_id: str) -> None:
    """Something has happened at a terminal: a handler asks for the state. Without a report, a tick asks soon."""
    outbox.publish(
        ProviderHinted(SandboxTerminals.name, transaction_id, from_webhook=False),
        urgent=True,
    )


class TerminalProvider:
    """The terminal of one kiosk as a payment provider. Its charges are named by our own ids."""

    def __init__(self, terminals: terminal.Terminals, kiosk: uuid.UUID) -> None:
        self.name = terminals.name
        self._terminals = terminals
        self._kiosk = kiosk

    def create(self, request: psp.ChargeRequest) -> psp.ChargeState:
        started = terminal.StartRequest(
            request.id, self._kiosk, request.amount, request.description, request.expires_at
        )
        try:
            return _charge_state(self._terminals.start(started))
        except (terminal.Unreachable, terminal.Busy) as error:
            raise psp.Unreachable(str(error)) from None
        except terminal.Refused as error:
            raise psp.Refused(str(error)) from None

    def fetch(self, charge_id: str) -> psp.ChargeState:
        try:
            return _charge_state(self._terminals.status(self._kiosk, charge_id))
        except terminal.Unreachable as error:
            raise psp.Unreachable(str(error)) from None
        except terminal.UnknownTransaction as error:
            raise psp.UnknownCharge(str(error)) from None

    def cancel(self, charge_id: str) -> psp.ChargeState:
        try:
            return _charge_state(self._terminals.cancel(self._kiosk, charge_id))
        except terminal.Unreachable as error:
            raise psp.Unreachable(str(error)) from None

    def refund(self, request: psp.RefundRequest) -> str:
        """Reverse the amount at the terminal. Raises psp.Unreachable, psp.Refused."""
        reversal = terminal.ReversalRequest(request.id, self._kiosk, request.charge_id, request.amount)
        try:
            return self._terminals.reverse(reversal)
        except terminal.Unreachable as error:
            raise psp.Unreachable(str(error)) from None
        except terminal.Refused as error:
            raise psp.Refused(str(error)) from None

    def read_webhook(self, headers: Mapping[str, str], body: bytes) -> tuple[str, ...]:
        raise psp.Forged("terminals send no webhooks")


def _charge_state(state: terminal.TransactionState) -> psp.ChargeState:
    if state.approval is not None:
        approval = state.approval
        payment = psp.Payment(approval.receipt_id, approval.amount, approval.approved_at)
        return psp.ChargeState(state.id, "paid", (payment,))
    status, failure = _ENDS.get(state.status, ("pending", None))
    return psp.ChargeState(state.id, status, failure=failure)
