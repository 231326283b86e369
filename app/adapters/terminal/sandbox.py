"""Sandbox terminals: card terminals for demo and tests, without cards and without real money.

Every kiosk has one. Its page and the tests decide what happens there: a card is inserted, approved, declined, removed
too early; nothing happens; the answer is lost. The tables are in the Postgres schema `sandbox_terminal`.
"""

from __future__ import annotations

import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import cast

from sqlalchemy import Connection

from app.adapters.postgres_limits import WORKER, Limits
from app.adapters.sandbox_database import SandboxDatabase
from app.adapters.terminal import (
    Approval,
    Busy,
    Refused,
    Reversal,
    ReversalRequest,
    StartRequest,
    Status,
    TransactionState,
    UnknownTransaction,
    Unreachable,
)
from app.adapters.terminal.sandbox_statements import (
    ACT,
    ACTS,
    BE_SILENT,
    CANCEL,
    END_OVERDUE,
    IS_SILENT,
    REFUSE_REVERSALS,
    REVERSE,
    START,
    STATUS,
    TABLES,
    VIEW,
)

CARD_SECONDS = 90.0  # a transaction without an end by then has timed out


@dataclass(frozen=True, slots=True)
class TerminalView:
    """What a terminal's page shows: its newest transaction (`id` None: it had none), and how the terminal behaves.

    `state` is waiting, reading (a card is in), or one of the port's final states. `amount` and `reversed` in centavos.
    """

    id: str | None
    amount: int
    description: str
    state: str
    seconds_left: float
    reversed: int
    silent: bool
    refuses_reversals: bool

    @property
    def is_active(self) -> bool:
        return self.state in ("waiting", "reading")


class SandboxTerminals:
    """The terminals of the adapter `sandbox_terminal`."""

    name = "sandbox_terminal"

    def __init__(self, url: str, *, limits: Limits = WORKER) -> None:
        self._database = SandboxDatabase(url, "sandbox_terminal", TABLES, limits)

    # The methods of the port.

    def start(self, request: StartRequest) -> TransactionState:
        with self._port_connection(request.terminal) as connection:
            connection.execute(
                START,
                {
                    "id": request.id,
                    "terminal": request.terminal,
                    "amount": request.amount,
                    "description": request.description,
                    "expires_at": request.expires_at,
                    "seconds": CARD_SECONDS,
                },
            )
            state = _state(connection, request.terminal, request.id)
            if state is None:
                raise Busy("the terminal is at another transaction")
            return state

    def status(self, terminal: uuid.UUID, transaction_id: str) -> TransactionState:
        with self._port_connection(terminal) as connection:
            state = _state(connection, terminal, transaction_id)
            if state is None:
                raise UnknownTransaction(transaction_id)
            return state

    def cancel(self, terminal: uuid.UUID, transaction_id: str) -> TransactionState:
        with self._port_connection(terminal) as connection:
            connection.execute(CANCEL, {"id": transaction_id, "terminal": terminal})
            return _state(connection, terminal, transaction_id) or TransactionState(
                transaction_id, "cancelled"
            )

    def reverse(self, request: ReversalRequest) -> Reversal:
        with self._port_connection(request.terminal) as connection:
            row = connection.execute(
                REVERSE,
                {
                    "id": request.id,
                    "terminal": request.terminal,
                    "transaction_id": request.transaction_id,
                    "amount": request.amount,
                },
            ).first()
            if row is None:
                raise Refused("no such approval")
            return cast(Reversal, row.status)

    # Methods for the terminals' page and for tests.

    def view(self, terminal: uuid.UUID) -> TerminalView:
        with self._database.connection() as connection:
            connection.execute(END_OVERDUE, {"terminal": terminal})
            row = connection.execute(VIEW, {"terminal": terminal}).one()
        return TerminalView(
            row.id,
            row.amount or 0,
            row.description or "",
            row.state or "",
            row.seconds_left or 0.0,
            row.reversed,
            row.silent,
            row.refuses_reversals,
        )

    def act(self, terminal: uuid.UUID, transaction_id: str, act: str) -> bool:
        """Perform one of ACTS at a transaction; False if its state does not allow it."""
        before, after = ACTS[act]
        values = {"id": transaction_id, "terminal": terminal, "before": list(before), "after": after}
        with self._database.connection() as connection:
            return connection.execute(ACT, values).first() is not None

    def be_silent(self, terminal: uuid.UUID, seconds: float) -> None:
        """Answer nothing for `seconds` (0: answer again). What happens at the terminal happens all the same."""
        with self._database.connection() as connection:
            connection.execute(BE_SILENT, {"terminal": terminal, "seconds": seconds})

    def refuse_reversals(self, terminal: uuid.UUID, refuses: bool) -> None:
        with self._database.connection() as connection:
            connection.execute(REFUSE_REVERSALS, {"terminal": terminal, "refuses": refuses})

    def dispose(self) -> None:
        self._database.dispose()

    @contextmanager
    def _port_connection(self, terminal: uuid.UUID) -> Iterator[Connection]:
        """A connection for the methods of the port; it fails while the terminal is silent."""
        with self._database.connection() as connection:
            if connection.execute(IS_SILENT, {"terminal": terminal}).first() is not None:
                raise Unreachable("the sandbox terminal does not answer")
            connection.execute(END_OVERDUE, {"terminal": terminal})
            yield connection


def _state(connection: Connection, terminal: uuid.UUID, transaction_id: str) -> TransactionState | None:
    row = connection.execute(STATUS, {"id": transaction_id, "terminal": terminal}).first()
    if row is None:
        return None
    approval = Approval(row.id, row.amount, row.approved_at) if row.state == "approved" else None
    status = "waiting" if row.state == "reading" else row.state
    return TransactionState(row.id, cast(Status, status), approval)
