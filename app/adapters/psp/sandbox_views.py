"""What the sandbox bank hands out: its webhooks, and what its own page shows of a charge."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from app.adapters.psp import Payment


@dataclass(frozen=True, slots=True)
class Notification:
    """A webhook on its way: post `body` with `headers`, then tell the bank `delivered(id)`."""

    id: int
    headers: dict[str, str]
    body: bytes


@dataclass(frozen=True, slots=True)
class BankView:
    """What the bank's own page shows of a charge. `amount` in centavos.

    `seconds_left` until it can no longer be paid, negative once it is over: by the clock of the bank's books.
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
    """From the books' rows: the receipt's id, the amount, and when it was paid."""
    return tuple(
        Payment(str(receipt_id), int(str(amount)), datetime.fromisoformat(paid_at) if paid_at else None)
        for receipt_id, amount, paid_at in rows
    )
