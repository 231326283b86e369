"""All messages: frozen dataclasses, written to the outbox in the transaction of the change that they report.

A message carries ids and the facts that its consumers need, so that these need not call a higher service. `consumers`
are the services that handle it, or further queues of them (`app.dispatch`); each gets its own delivery. Values are
JSON. Ids are UUIDs as text, times are ISO 8601 in UTC, money is integer centavos.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, ClassVar

from app.core.pages import Page
from app.core.payloads import Message as Message


@dataclass(frozen=True)
class ChargeRequested(Message):
    """A charge row was written; the provider has not been called yet."""

    consumers: ClassVar = ("payments",)
    charge_id: str


@dataclass(frozen=True)
class ChargeCancelRequested(Message):
    """A charge is no longer wanted (other method, order cancelled, expired): cancel it at the provider."""

    consumers: ClassVar = ("payments",)
    charge_id: str


@dataclass(frozen=True)
class ProviderHinted(Message):
    """A webhook (or a tick) says that a charge may have changed: fetch its state from the provider."""

    consumers: ClassVar = ("payments",)
    provider: str
    provider_charge_id: str
    from_webhook: bool = True


@dataclass(frozen=True)
class PaymentReceived(Message):
    """Money was received: one receipt row, unique by the provider's id. Orders settles or refunds it.

    `paid_at` is when the customer paid; None in messages of an older version, which did not record it.
    """

    consumers: ClassVar = ("orders",)
    receipt_id: str
    charge_id: str
    order_id: str
    amount: int
    paid_at: str | None = None


@dataclass(frozen=True)
class ChargeFailed(Message):
    """The provider refused or ended a charge; the customer may try again until the order's deadline."""

    consumers: ClassVar = ("orders",)
    charge_id: str
    order_id: str
    reason: str


@dataclass(frozen=True)
class RefundRequested(Message):
    """A refund row was written; the provider has not been called yet."""

    consumers: ClassVar = ("payments",)
    refund_id: str


@dataclass(frozen=True)
class RefundSettled(Message):
    """A refund ended: `state` is refunded or refund_failed."""

    consumers: ClassVar = ("orders",)
    refund_id: str
    order_id: str
    amount: int
    state: str


@dataclass(frozen=True)
class OrderPaid(Message):
    """Tickets are issued: ticket-service makes the PDF, then the mail is sent."""

    consumers: ClassVar = ("tickets",)
    form: ClassVar[int] = 2
    order_id: str
    order_code: str
    order_token: str
    email: str
    name: str
    locale: str
    facts: dict[str, Any] = field(default_factory=dict)

    @classmethod
    def upgraded(cls, payload: Mapping[str, Any]) -> Mapping[str, Any]:
        return _with_order_token(payload)


@dataclass(frozen=True)
class TicketsReady(Message):
    """The PDF of an order is in storage: the mail is sent."""

    consumers: ClassVar = ("users",)
    form: ClassVar[int] = 2
    order_id: str
    order_code: str
    order_token: str
    email: str
    name: str
    locale: str
    storage_key: str
    facts: dict[str, Any] = field(default_factory=dict)

    @classmethod
    def upgraded(cls, payload: Mapping[str, Any]) -> Mapping[str, Any]:
        return _with_order_token(payload)


@dataclass(frozen=True)
class TicketsResigned(Message):
    """An order's tickets show something else now (a new QR code, a changed screening): its PDF is made again."""

    consumers: ClassVar = ("tickets",)
    order_id: str


@dataclass(frozen=True)
class TicketsRevoked(Message):
    """All tickets of an order are revoked: its PDF is deleted."""

    consumers: ClassVar = ("tickets",)
    order_id: str


@dataclass(frozen=True)
class DocumentUnwanted(Message):
    """The buyer's data was erased: the PDF of the order is deleted; the tickets stay as they are."""

    consumers: ClassVar = ("tickets",)
    order_id: str


@dataclass(frozen=True)
class NoticeRequested(Message):
    """A mail of another kind: `template` is a name in templates/mail, `facts` are its variables.

    Its link opens `page`, of `core.pages`, with `key`.
    """

    consumers: ClassVar = ("users",)
    form: ClassVar[int] = 2
    template: str
    email: str
    locale: str
    facts: dict[str, Any] = field(default_factory=dict)
    not_after: str | None = None  # ISO time after which the mail is not sent, because it is no longer true
    page: str = Page.HOME
    key: str = ""

    @classmethod
    def upgraded(cls, payload: Mapping[str, Any]) -> Mapping[str, Any]:
        """Form 1 has a ready path among its facts."""
        facts = payload.get("facts") or {}
        path = facts.get("path") or facts.get("order_path")
        return {**payload, "page": Page.PATH, "key": path} if path else payload


@dataclass(frozen=True)
class ResetRequested(Message):
    """A new password was requested for this e-mail; the page does not learn whether an account with it exists."""

    consumers: ClassVar = ("users",)
    email: str


@dataclass(frozen=True)
class AccountChanged(Message):
    """How an account is signed in to has changed: its owner gets a mail. `change`: `users.account_changes.CHANGES`."""

    consumers: ClassVar = ("users",)
    user_id: int
    change: str
    happened_at: str
    codes_left: int = 0


@dataclass(frozen=True)
class ScreeningCancelled(Message):
    """The cinema cancelled a screening: each of its orders is refunded, and its buyers get a mail."""

    consumers: ClassVar = ("orders", "reservations")
    screening_id: int
    reason: str


@dataclass(frozen=True)
class ScreeningRetimed(Message):
    """The time zone of a site changed: the screening keeps its local time, which is another time in UTC now."""

    consumers: ClassVar = ("tickets",)
    screening_id: int


@dataclass(frozen=True)
class ScreeningChanged(Message):
    """A screening with seats sold or held has another version, format or length: `revision` is its new one."""

    consumers: ClassVar = ("orders", "tickets")
    screening_id: int
    revision: int


@dataclass(frozen=True)
class OrderScreeningChanged(Message):
    """The screening of a paid order has changed since it was bought: its buyer gets a mail, if none was sent yet."""

    consumers: ClassVar = ("orders",)
    order_id: str


@dataclass(frozen=True)
class OrderCalledOff(Message):
    """The screening of one order was cancelled: refund the order and send its buyer a mail."""

    consumers: ClassVar = ("orders",)
    order_id: str
    reason: str


@dataclass(frozen=True)
class SeatsFreed(Message):
    """Seats of a screening are free again: offer them to the waiting list."""

    consumers: ClassVar = ("reservations",)
    screening_id: int


@dataclass(frozen=True)
class HoldExpired(Message):
    """The time of a reservation is over: its order expires and releases its other claims."""

    consumers: ClassVar = ("orders",)
    reservation_id: str
    screening_id: int


@dataclass(frozen=True)
class PartnerOrderChanged(Message):
    """An order that a partner made has changed: its webhooks report `event` and `data` (`core.partner_events`)."""

    consumers: ClassVar = ("users",)
    partner_id: int
    order_id: str
    event: str
    happened_at: str
    data: dict[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class WebhooksDue(Message):
    """Deliveries of a webhook are due. They have a queue of their own: a receiver may be slow."""

    consumers: ClassVar = ("webhooks",)
    webhook_id: str


def _with_order_token(payload: Mapping[str, Any]) -> Mapping[str, Any]:
    """Form 1 has the path of the order's page, which ends with the token."""
    return {"order_token": str(payload["order_path"]).rpartition("/")[2]} | dict(payload)


@dataclass(frozen=True)
class MailReturned(Message):
    """The mail service reports what became of a mail (`core.mail_events`); this message is never in the outbox.

    `problem`: returned (for good), complaint, transient, or other, which changes nothing. `happened_at`: ISO 8601.
    """

    consumers: ClassVar = ("bounces",)
    problem: str
    happened_at: str
    email: str = ""


BY_KIND: dict[str, type[Message]] = {cls.__name__: cls for cls in Message.__subclasses__()}
# The services that handle messages, and their further queues.
CONSUMERS = tuple(sorted({consumer for cls in BY_KIND.values() for consumer in cls.consumers}))
