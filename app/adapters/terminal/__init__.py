"""The port to card terminals at kiosks: methods that are idempotent by our own ids, values and errors.

A terminal reads one card at a time and is named by the kiosk that it stands at. The box office makes the ids and
commits them before it calls: starting, cancelling or reversing twice with the same id has the same effect as once.
Money is integer centavos, times are UTC. How real terminals fit this port is in docs/terminals.md.
"""

from __future__ import annotations

import uuid
from dataclasses import dataclass
from datetime import datetime
from typing import Literal, Protocol

Status = Literal["waiting", "approved", "declined", "removed", "timed_out", "cancelled"]
Reversal = Literal["done", "waiting", "refused"]


class TerminalError(Exception):
    """The base class of a terminal's errors."""


class Unreachable(TerminalError):
    """No valid answer came, and the outcome is unknown. Repeat the call with the same id."""


class Busy(TerminalError):
    """The terminal is at another transaction: nothing was started. Repeat the call with the same id."""


class Refused(TerminalError):
    """The terminal refused the call; repeating it does not help."""


class UnknownTransaction(Refused):
    """The terminal has no such transaction."""


@dataclass(frozen=True, slots=True)
class StartRequest:
    """A transaction to start. `id`: our id, 32 letters and digits; `terminal`: the kiosk's id.

    The terminal ends the transaction by itself at `expires_at` at the latest.
    """

    id: str
    terminal: uuid.UUID
    amount: int
    description: str
    expires_at: datetime


@dataclass(frozen=True, slots=True)
class Approval:
    """An approved card. `receipt_id` is unique among all terminals of the adapter; `approved_at` by their clock."""

    receipt_id: str
    amount: int
    approved_at: datetime


@dataclass(frozen=True, slots=True)
class TransactionState:
    """The state of a transaction at its terminal. All but `waiting` are final.

    `removed`: the card was taken out too early; `timed_out`: no card came, or no PIN; `cancelled`: by us or at the
    terminal. Exactly the `approved` one has an `approval`.
    """

    id: str
    status: Status
    approval: Approval | None = None


@dataclass(frozen=True, slots=True)
class ReversalRequest:
    """An approved amount, or a part of it, to give back. `id`: our id of this reversal."""

    id: str
    terminal: uuid.UUID
    transaction_id: str
    amount: int


class Terminals(Protocol):
    """The port to all terminals of one kind; `name` is stored with each charge and each receipt."""

    name: str

    def start(self, request: StartRequest) -> TransactionState:
        """Start the transaction; if it exists, return its state. Raises Unreachable, Busy, Refused."""
        ...

    def status(self, terminal: uuid.UUID, transaction_id: str) -> TransactionState:
        """The state of the transaction. Raises Unreachable, UnknownTransaction."""
        ...

    def cancel(self, terminal: uuid.UUID, transaction_id: str) -> TransactionState:
        """End the transaction; if it has ended, return its state, which may be `approved`. Raises Unreachable.

        A transaction that was not started counts as cancelled, and a later start with its id starts nothing: that
        call was delayed.
        """
        ...

    def reverse(self, request: ReversalRequest) -> Reversal:
        """Give money back, once per id. Raises Unreachable, Refused."""
        ...
