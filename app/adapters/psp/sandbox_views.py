"""The values that the sandbox bank returns: a webhook to send, and the facts of a charge for its page."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from app.adapters.psp import Payment


@dataclass(frozen=True, slots=True)
class Notification:
    """A webhook to send: post `body` with `headers`, then call `delivered(id)`."""

    id: int
    headers: dict[str, str]
    body: bytes


@dataclass(frozen=True, slots=True)
class BankView:
    """The facts of a charge on the bank's page. `amount` in centavos.

    `seconds_left` is the time until it ends, by the database's clock; negative afterwards.
    """

    id: str
    method: str
    amount: int
    description: str
    status: str
    seconds_left: float
    return_url: str
    payments: tuple[Payment, ...]
    refunds: str


def payments_of(rows: list[list[str | None]]) -> tuple[Payment, ...]:
    """Payments from rows of receipt id, amount and time of payment."""
    return tuple(
        Payment(str(receipt_id), int(str(amount)), datetime.fromisoformat(paid_at) if paid_at else None)
        for receipt_id, amount, paid_at in rows
    )
