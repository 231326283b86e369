"""The sandbox bank: a payment provider for demo, tests and bench, with Pix and hosted card pages, without real money.

Its tables are in the Postgres schema `sandbox_bank`. It uses its own engine, so that its writes never join the box
office's transactions, as with a remote bank. Its pages and the tests decide what a customer does and how the bank
behaves: it is paid at once, late, twice, out of order, with a wrong amount or never; it declines or is unreachable.
"""

from __future__ import annotations

import hashlib
import hmac
import json
import secrets
import string
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import UTC, datetime

from sqlalchemy import Connection, create_engine, text

from app.adapters.postgres_limits import WORKER, Limits, connect_args
from app.adapters.psp import (
    ChargeRequest,
    ChargeState,
    Forged,
    RefundRequest,
    Refused,
    UnknownCharge,
    Unreachable,
)
from app.adapters.psp.notices import charge_ids
from app.adapters.psp.sandbox_books import (
    BOOKS,
    CREATE,
    DECLINE,
    DELIVERED,
    END,
    FETCH,
    GO_AWAY,
    NOTIFY,
    OUTAGES,
    PAY,
    REFUND,
    REFUNDS_WILL,
    TAKE_NOTIFICATIONS,
)
from app.adapters.psp.sandbox_customers import auto_after
from app.adapters.psp.sandbox_views import BankView, Notification, payments_of

SIGNATURE = "X-Sandbox-Signature"
REFUND_MODES = ("ok", "slow", "fail")


class Sandbox:
    """`pix` is the behaviour of its customers: manual (they use its page), auto (pay at once), auto:3 (after 3 s)."""

    name = "sandbox"

    def __init__(self, url: str, *, secret_key: str, pix: str = "manual", limits: Limits = WORKER) -> None:
        self._engine = create_engine(
            url.replace("postgresql://", "postgresql+psycopg2://", 1),
            pool_size=4,
            max_overflow=8,
            isolation_level="AUTOCOMMIT",
            hide_parameters=True,
            pool_timeout=limits.pool,
            connect_args=connect_args(url, limits),
        )
        self._key = hmac.new(secret_key.encode(), b"sandbox bank webhook", hashlib.sha256).digest()
        after = auto_after(pix)
        self._auto = after is not None
        self._auto_after = after or 0.0
        self._open = threading.Lock()
        self._ready = False

    # The methods of the port.

    def create(self, request: ChargeRequest) -> ChargeState:
        with self._counter() as bank:
            pays = self._auto and request.method == "pix"
            bank.execute(
                CREATE,
                {
                    "id": request.id,
                    "method": request.method,
                    "amount": request.amount,
                    "description": request.description,
                    "expires_at": request.expires_at,
                    "return_url": request.return_url,
                    "pays": pays,
                    "receipt_id": _end_to_end_id(),
                    "after": self._auto_after,
                    "notifies": pays and self._auto_after > 0,
                },
            )
            return self._state(bank, request.id)

    def fetch(self, charge_id: str) -> ChargeState:
        with self._counter() as bank:
            return self._state(bank, charge_id)

    def cancel(self, charge_id: str) -> ChargeState:
        with self._counter() as bank:
            state = self._state(bank, charge_id)
            if state.status != "pending":
                return state
            bank.execute(END, {"id": charge_id})
            return self._state(bank, charge_id)

    def refund(self, request: RefundRequest) -> str:
        with self._counter() as bank:
            row = bank.execute(
                REFUND,
                {
                    "id": request.id,
                    "charge_id": request.charge_id,
                    "receipt_id": request.receipt_id,
                    "amount": request.amount,
                },
            ).first()
            if row is None:
                raise Refused("no such payment")
            return str(row.status)

    def read_webhook(self, headers: Mapping[str, str], body: bytes) -> tuple[str, ...]:
        given = next((value for name, value in headers.items() if name.lower() == SIGNATURE.lower()), "")
        if not hmac.compare_digest(given.encode(), self._signature(body).encode()):
            raise Forged("wrong signature")
        return charge_ids(body)

    # Methods for the bank's own pages and for tests.

    def look(self, charge_id: str) -> BankView:
        """Raises UnknownCharge."""
        with self._connection() as bank:
            row = bank.execute(FETCH, {"id": charge_id}).first()
        if row is None:
            raise UnknownCharge(charge_id)
        return BankView(
            row.id,
            row.method,
            row.amount,
            row.description,
            row.status,
            row.seconds_left,
            row.return_url,
            payments_of(row.payments),
            row.refunds,
        )

    def pay(
        self,
        charge_id: str,
        *,
        amount: int | None = None,
        after: float = 0.0,
        times: int = 1,
        notices: int = 1,
        stubborn: bool = False,
        hidden: float = 0.0,
        told_after: float = 0.0,
    ) -> None:
        """The customer pays `amount` (None: what was asked), `after` seconds from now, `times` times over.

        `notices` webhooks tell of each payment. `hidden`: seconds for which fetching does not show it yet,
        though the webhook has come. `told_after`: seconds for which neither a webhook nor fetching tells of it.
        `stubborn`: paid even though the charge has ended. Raises Refused.
        """
        view = self.look(charge_id)
        over = view.status != "pending" or view.seconds_left < 0
        if over and not stubborn:
            raise Refused(view.status)
        with self._writing() as bank:
            for _ in range(times):
                bank.execute(
                    PAY,
                    {
                        "receipt_id": _end_to_end_id(),
                        "id": charge_id,
                        "amount": view.amount if amount is None else amount,
                        "stubborn": stubborn,
                        "after": after,
                        "hidden": told_after + hidden,
                    },
                )
            self._notify(bank, charge_id, after + told_after, times * notices)

    def decline(self, charge_id: str) -> None:
        """The bank refuses the card."""
        with self._writing() as bank:
            if bank.execute(DECLINE, {"id": charge_id}).rowcount:
                self._notify(bank, charge_id, 0.0, 1)

    def refunds_will(self, charge_id: str, mode: str) -> None:
        """How refunds of this charge go: ok, slow (a few seconds), fail."""
        if mode not in REFUND_MODES:
            raise ValueError(mode)
        with self._connection() as bank:
            bank.execute(REFUNDS_WILL, {"id": charge_id, "mode": mode})

    def go_away(self, seconds: float, *, answers_get_lost: bool = False) -> None:
        """Be unreachable for `seconds`; with `answers_get_lost` it does what is asked, but no answer comes back."""
        with self._connection() as bank:
            bank.execute(GO_AWAY, {"kind": "lost" if answers_get_lost else "away", "seconds": seconds})

    def come_back(self) -> None:
        with self._connection() as bank:
            bank.execute(text("delete from sandbox_bank.outages"))

    def notifications(self, limit: int = 20) -> list[Notification]:
        """Webhooks that are due. Each comes again after 10 s unless `delivered`, as real banks do."""
        with self._connection() as bank:
            rows = bank.execute(TAKE_NOTIFICATIONS, {"limit": limit}).all()
        return [self.notification(row.charge_id, row.id) for row in rows]

    def notification(self, charge_id: str, notification_id: int = 0) -> Notification:
        """The webhook for a charge, signed."""
        body = json.dumps({"charges": [charge_id]}).encode()
        headers = {SIGNATURE: self._signature(body), "Content-Type": "application/json"}
        return Notification(notification_id, headers, body)

    def delivered(self, notification_id: int) -> None:
        with self._connection() as bank:
            bank.execute(DELIVERED, {"id": notification_id})

    def dispose(self) -> None:
        self._engine.dispose()

    def _signature(self, body: bytes) -> str:
        return hmac.new(self._key, body, hashlib.sha256).hexdigest()

    def _state(self, bank: Connection, charge_id: str) -> ChargeState:
        row = bank.execute(FETCH, {"id": charge_id}).first()
        if row is None:
            raise UnknownCharge(charge_id)
        payments = payments_of(row.payments)
        return ChargeState(
            id=row.id,
            status="paid" if payments else row.status,
            payments=payments,
            location=f"pix.example.com/qr/v2/{row.id}" if row.method == "pix" else None,
            redirect_url=f"/sandbox-bank/{row.id}" if row.method == "card" else None,
        )

    def _notify(self, bank: Connection, charge_id: str, after: float, copies: int) -> None:
        bank.execute(NOTIFY, {"id": charge_id, "after": after, "copies": copies})

    @contextmanager
    def _counter(self) -> Iterator[Connection]:
        """A connection for the methods of the port; it fails during a simulated outage."""
        with self._connection() as bank:
            outages = set(bank.execute(OUTAGES).scalars())
            if "away" in outages:
                raise Unreachable("the sandbox bank is away")
            yield bank
            if "lost" in outages:
                raise Unreachable("the sandbox bank's answer got lost")

    @contextmanager
    def _connection(self) -> Iterator[Connection]:
        with self._engine.connect() as bank:
            if not self._ready:
                self._open_books(bank)
            yield bank

    @contextmanager
    def _writing(self) -> Iterator[Connection]:
        """A transaction, for changes of more than one statement."""
        with self._connection():
            pass
        with self._engine.execution_options(isolation_level="READ COMMITTED").begin() as bank:
            yield bank

    def _open_books(self, bank: Connection) -> None:
        with self._open:
            bank.execute(text("select pg_advisory_lock(hashtext('sandbox_bank'))"))
            try:
                for statement in BOOKS:
                    bank.execute(text(statement))
            finally:
                bank.execute(text("select pg_advisory_unlock(hashtext('sandbox_bank'))"))
            self._ready = True


def _end_to_end_id() -> str:
    """32 characters, as the Pix end-to-end id: E, the bank's number, the minute, eleven letters and digits."""
    tail = "".join(secrets.choice(string.ascii_letters + string.digits) for _ in range(11))
    return f"E00000000{datetime.now(UTC):%Y%m%d%H%M}{tail}"
