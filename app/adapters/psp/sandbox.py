"""The sandbox bank: a payment provider for demo, tests and bench, with Pix and hosted card pages, without real money.

Its tables are in the Postgres schema `sandbox_bank`. It uses its own engine, so that its writes never join the box
office's transactions, as with a remote bank. Its pages and the tests decide what a customer does and how the bank
behaves: a charge is paid at once, late, twice, with a wrong amount or never; the bank declines or is unreachable.
"""

from __future__ import annotations

import hashlib
import hmac
import json
import secrets
import string
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import UTC, datetime

from sqlalchemy import Connection, text

from app.adapters.postgres_limits import WORKER, Limits
from app.adapters.psp import (
    ChargeRequest,
    ChargeState,
    Forged,
    RefundRequest,
    Refused,
    UnknownCharge,
    Unreachable,
)
from app.adapters.psp.sandbox_customers import auto_after
from app.adapters.psp.sandbox_statements import (
    CREATE,
    DECLINE,
    DELIVERED,
    END,
    FETCH,
    NOTIFY,
    OUTAGES,
    PAY,
    REFUND,
    SET_REFUND_MODE,
    START_OUTAGE,
    TABLES,
    TAKE_NOTIFICATIONS,
)
from app.adapters.psp.sandbox_views import BankView, Notification, payments_of
from app.adapters.psp.webhook_body import charge_ids
from app.adapters.sandbox_database import SandboxDatabase

SIGNATURE = "X-Sandbox-Signature"
REFUND_MODES = ("ok", "slow", "fail")


class Sandbox:
    """The provider `sandbox`. `pix`: how customers pay: manual (on its page), auto (at once), auto:3 (after 3 s)."""

    name = "sandbox"

    def __init__(self, url: str, *, secret_key: str, pix: str = "manual", limits: Limits = WORKER) -> None:
        self._database = SandboxDatabase(url, "sandbox_bank", TABLES, limits)
        self._key = hmac.new(secret_key.encode(), b"sandbox bank webhook", hashlib.sha256).digest()
        after = auto_after(pix)
        self._auto = after is not None
        self._auto_after = after or 0.0

    # The methods of the port.

    def create(self, request: ChargeRequest) -> ChargeState:
        with self._port_connection() as bank:
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
        with self._port_connection() as bank:
            return self._state(bank, charge_id)

    def cancel(self, charge_id: str) -> ChargeState:
        with self._port_connection() as bank:
            state = self._state(bank, charge_id)
            if state.status != "pending":
                return state
            bank.execute(END, {"id": charge_id})
            return self._state(bank, charge_id)

    def refund(self, request: RefundRequest) -> str:
        with self._port_connection() as bank:
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

    def view(self, charge_id: str) -> BankView:
        """The facts of a charge for the bank's page. Raises UnknownCharge."""
        with self._database.connection() as bank:
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
        webhooks: int = 1,
        stubborn: bool = False,
        hidden: float = 0.0,
        report_after: float = 0.0,
    ) -> None:
        """The customer pays `amount` (None: that of the charge) in `after` seconds, `times` times.

        `webhooks`: how many are sent for each payment. `hidden`: seconds for which fetching does not show a payment
        whose webhook was sent. `report_after`: seconds until the bank reports a payment by webhook or fetching.
        `stubborn`: the payment is made even if the charge has ended. Raises Refused.
        """
        charge = self.view(charge_id)
        over = charge.status != "pending" or charge.seconds_left < 0
        if over and not stubborn:
            raise Refused(charge.status)
        with self._database.transaction() as bank:
            for _ in range(times):
                bank.execute(
                    PAY,
                    {
                        "receipt_id": _end_to_end_id(),
                        "id": charge_id,
                        "amount": charge.amount if amount is None else amount,
                        "stubborn": stubborn,
                        "after": after,
                        "hidden": report_after + hidden,
                    },
                )
            self._notify(bank, charge_id, after + report_after, times * webhooks)

    def decline(self, charge_id: str) -> None:
        """The bank refuses the card."""
        with self._database.transaction() as bank:
            if bank.execute(DECLINE, {"id": charge_id}).rowcount:
                self._notify(bank, charge_id, 0.0, 1)

    def set_refund_mode(self, charge_id: str, mode: str) -> None:
        """Set how refunds of this charge end: ok, slow (after a few seconds), fail."""
        if mode not in REFUND_MODES:
            raise ValueError(mode)
        with self._database.connection() as bank:
            bank.execute(SET_REFUND_MODE, {"id": charge_id, "mode": mode})

    def start_outage(self, seconds: float, *, lose_answers: bool = False) -> None:
        """Be unreachable for `seconds`; with `lose_answers` calls have their effect, but their answers are lost."""
        with self._database.connection() as bank:
            bank.execute(START_OUTAGE, {"kind": "lost" if lose_answers else "away", "seconds": seconds})

    def end_outage(self) -> None:
        with self._database.connection() as bank:
            bank.execute(text("delete from sandbox_bank.outages"))

    def notifications(self, limit: int = 20) -> list[Notification]:
        """The webhooks that are due. Each is due again after 10 s unless `delivered`, as at real banks."""
        with self._database.connection() as bank:
            rows = bank.execute(TAKE_NOTIFICATIONS, {"limit": limit}).all()
        return [self.notification(row.charge_id, row.id) for row in rows]

    def notification(self, charge_id: str, notification_id: int = 0) -> Notification:
        """The webhook for a charge, signed."""
        body = json.dumps({"charges": [charge_id]}).encode()
        headers = {SIGNATURE: self._signature(body), "Content-Type": "application/json"}
        return Notification(notification_id, headers, body)

    def delivered(self, notification_id: int) -> None:
        with self._database.connection() as bank:
            bank.execute(DELIVERED, {"id": notification_id})

    def dispose(self) -> None:
        self._database.dispose()

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
    def _port_connection(self) -> Iterator[Connection]:
        """A connection for the methods of the port; it fails during a simulated outage."""
        with self._database.connection() as bank:
            outages = set(bank.execute(OUTAGES).scalars())
            if "away" in outages:
                raise Unreachable("the sandbox bank is unreachable")
            yield bank
            if "lost" in outages:
                raise Unreachable("the answer of the sandbox bank was lost")


def _end_to_end_id() -> str:
    """A Pix end-to-end id of 32 characters: E, the bank's number, the minute, eleven letters and digits."""
    tail = "".join(secrets.choice(string.ascii_letters + string.digits) for _ in range(11))
    return f"E00000000{datetime.now(UTC):%Y%m%d%H%M}{tail}"
