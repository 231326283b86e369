"""The port to payment providers: methods with idempotency keys, values and errors.

The box office makes the ids and commits them before it calls a provider (idempotency keys): creating, cancelling or
refunding twice with the same id has the same effect as once. Money is integer centavos, times are UTC.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol


class ProviderError(Exception):
    """The base class of a provider's errors."""


class Unreachable(ProviderError):
    """No valid answer came, and the outcome is unknown. Repeat the call with the same id."""


class Refused(ProviderError):
    """The provider refused the call; repeating it does not help."""


class UnknownCharge(Refused):
    """The provider has no such charge."""


class Forged(ProviderError):
    """A webhook without the provider's signature."""


class Unreadable(ProviderError):
    """A signed webhook that cannot be read."""


@dataclass(frozen=True, slots=True)
class ChargeRequest:
    """A charge to create. `id`: 26 to 35 letters and digits (txid of the API Pix); `return_url`: for a card page."""

    id: str
    method: str
    amount: int
    expires_at: datetime
    description: str
    payer_name: str
    payer_cpf: str | None
    return_url: str


@dataclass(frozen=True, slots=True)
class Payment:
    """Money that arrived; `receipt_id` is the provider's own (Pix: the end-to-end id).

    `paid_at` is when the customer paid, by the provider's clock (Pix: `horario`); None where it does not say.
    """

    receipt_id: str
    amount: int
    paid_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class ChargeState:
    """The state of a charge at the provider. `status`: pending, paid, declined, ended (cancelled or removed).

    Pix gives `pix_code`, or the `location` to build it from; a card gives `redirect_url`. `failure` says more about
    `declined`: removed, timed_out.
    """

    id: str
    status: str
    payments: tuple[Payment, ...] = ()
    pix_code: str | None = None
    location: str | None = None
    redirect_url: str | None = None
    failure: str | None = None


@dataclass(frozen=True, slots=True)
class RefundRequest:
    """A refund to make. `id`: our id, up to 35 letters and digits; `receipt_id`: the provider's id of the payment."""

    id: str
    charge_id: str
    receipt_id: str
    amount: int


class Provider(Protocol):
    """The port to a payment provider; `name` is part of the address of its webhooks."""

    name: str

    def create(self, request: ChargeRequest) -> ChargeState:
        """Create the charge; if it exists, return its state. Raises Unreachable, Refused."""
        ...

    def fetch(self, charge_id: str) -> ChargeState:
        """The state of the charge. Raises Unreachable, UnknownCharge."""
        ...

    def cancel(self, charge_id: str) -> ChargeState:
        """End the charge; if that is impossible, return its state. Raises Unreachable, UnknownCharge."""
        ...

    def refund(self, request: RefundRequest) -> str:
        """Refund a payment, once per id. Returns done, waiting or refused. Raises Unreachable, Refused."""
        ...

    def read_webhook(self, headers: Mapping[str, str], body: bytes) -> tuple[str, ...]:
        """The ids of the charges that a webhook names. Raises Forged, Unreadable."""
        ...
