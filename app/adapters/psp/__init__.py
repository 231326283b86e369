"""The port to payment providers: their methods, values and errors.

Ids are made by the box office and committed before a provider is called, so that every call may be repeated: creating,
cancelling or refunding twice with the same id is the same as once. Money is integer centavos, times are UTC.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol


class ProviderError(Exception):
    """Base of what a provider raises."""


class Unreachable(ProviderError):
    """There was no valid answer, and the outcome is unknown. Repeat the call with the same id."""


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
    """`id` is 26 to 35 letters and digits (the API Pix's txid). `return_url` is where a card page comes back."""

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
    """How a charge stands at the provider. `status`: pending, paid, declined, ended (cancelled or removed).

    Pix gives `pix_code`, or the `location` to build it from; a card gives `redirect_url`.
    """

    id: str
    status: str
    payments: tuple[Payment, ...] = ()
    pix_code: str | None = None
    location: str | None = None
    redirect_url: str | None = None


@dataclass(frozen=True, slots=True)
class RefundRequest:
    """`id` is up to 35 letters and digits, ours; `receipt_id` the provider's id of the money."""

    id: str
    charge_id: str
    receipt_id: str
    amount: int


class Provider(Protocol):
    name: str

    def create(self, request: ChargeRequest) -> ChargeState:
        """Make the charge, or answer how it stands when it was made before. Raises Unreachable, Refused."""
        ...

    def fetch(self, charge_id: str) -> ChargeState:
        """Raises Unreachable, UnknownCharge."""
        ...

    def cancel(self, charge_id: str) -> ChargeState:
        """End the charge, or answer how it stands when it cannot be ended. Raises Unreachable, UnknownCharge."""
        ...

    def refund(self, request: RefundRequest) -> str:
        """Give money back, once an id. Answers done, waiting or refused. Raises Unreachable, Refused."""
        ...

    def read_webhook(self, headers: Mapping[str, str], body: bytes) -> tuple[str, ...]:
        """The ids of the charges that a webhook names. Raises Forged, Unreadable."""
        ...
