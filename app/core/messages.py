"""Every message of the house: frozen dataclasses, written to the outbox with the change that they tell of.

A message carries ids and the facts that its readers need, never a reason to call back up. `consumers` are the
services whose `handlers.py` reads it; each gets a delivery of its own. Values are JSON: str, int, bool, None,
and lists and dicts of them; ids are UUIDs as text, times are ISO 8601 in UTC, money is integer centavos.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from typing import Any, ClassVar, Self

from app.core.pages import Page
from app.core.payloads import FIRST_FORM, FORM, form_of, known_fields


@dataclass(frozen=True)
class Message:
    consumers: ClassVar[tuple[str, ...]] = ()
    # Raised when a reader of the form before must not handle the message; see `core.payloads`.
    form: ClassVar[int] = FIRST_FORM

    def payload(self) -> dict[str, Any]:
        """As JSON, numbered."""
        return asdict(self) | {FORM: self.form}

    @classmethod
    def of(cls, payload: Mapping[str, Any]) -> Self:
        """The message of a row that an older or a newer version may have written; unknown fields are ignored.

        Raises TypeError for a newer form, which only a worker of that version handles, and for a missing field.
        """
        form = form_of(payload)
        if form > cls.form:
            raise TypeError(f"{cls.__name__} of form {form}, newer than {cls.form}")
        return cls(**known_fields(cls, payload if form == cls.form else cls.upgraded(payload)))

    @classmethod
    def upgraded(cls, payload: Mapping[str, Any]) -> Mapping[str, Any]:
        """A payload of an earlier form in the present one."""
        return payload


@dataclass(frozen=True)
class ChargeRequested(Message):
    """A charge row stands; the provider has not been called yet."""

    consumers: ClassVar = ("payments",)
    charge_id: str


@dataclass(frozen=True)
class ChargeCancelRequested(Message):
    """A charge is no longer wanted (other method, order cancelled, expired): cancel it at the provider."""

    consumers: ClassVar = ("payments",)
    charge_id: str


@dataclass(frozen=True)
class ProviderHinted(Message):
    """A webhook (or our clock) said that something happened to a charge; fetch the provider's state."""

    consumers: ClassVar = ("payments",)
    provider: str
    provider_charge_id: str
    from_webhook: bool = True


@dataclass(frozen=True)
class PaymentReceived(Message):
    """Money arrived: one receipt row, unique by the provider's id. Orders settles it or asks for it back.

    `paid_at` is when the customer paid. None: an older version wrote the message, and nobody knows.
    """

    consumers: ClassVar = ("orders",)
    receipt_id: str
    charge_id: str
    order_id: str
    amount: int
    paid_at: str | None = None


@dataclass(frozen=True)
class ChargeFailed(Message):
    """The provider refused or ended a charge; the order may try again until its deadline."""

    consumers: ClassVar = ("orders",)
    charge_id: str
    order_id: str
    reason: str


@dataclass(frozen=True)
class RefundRequested(Message):
    """A refund row stands; the provider has not been called yet."""

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
    """Tickets are issued; the PDF is still to be made (by tickets), then the mail is sent."""

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
    """The PDF of an order lies in storage; the mail may go out."""

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
    """An order's QR codes were signed again with a new key: its PDF is made again."""

    consumers: ClassVar = ("tickets",)
    order_id: str


@dataclass(frozen=True)
class TicketsRevoked(Message):
    """None of an order's tickets counts any more: its PDF is deleted."""

    consumers: ClassVar = ("tickets",)
    order_id: str


@dataclass(frozen=True)
class DocumentUnwanted(Message):
    """The buyer's data was erased: the order's PDF is deleted; its tickets stay as they are."""

    consumers: ClassVar = ("tickets",)
    order_id: str


@dataclass(frozen=True)
class NoticeRequested(Message):
    """A mail of any other kind: `template` is a name in templates/mail, `facts` its variables.

    Its link opens `page`, of `core.pages`, with `key`.
    """

    consumers: ClassVar = ("users",)
    form: ClassVar[int] = 2
    template: str
    email: str
    locale: str
    facts: dict[str, Any] = field(default_factory=dict)
    not_after: str | None = None  # from then on it says what is no longer so, and is not sent
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
    """Somebody forgot the password of the account with this e-mail, if there is one: the asking page must not know."""

    consumers: ClassVar = ("users",)
    email: str


@dataclass(frozen=True)
class ScreeningCancelled(Message):
    """The cinema called a screening off: every order of it is refunded and told."""

    consumers: ClassVar = ("orders", "reservations")
    screening_id: int
    reason: str


@dataclass(frozen=True)
class ScreeningRetimed(Message):
    """A screening keeps its hour by its site's clock, but that hour is another moment (UTC) now."""

    consumers: ClassVar = ("tickets",)
    screening_id: int


@dataclass(frozen=True)
class OrderCalledOff(Message):
    """One order of a screening that was called off: refund it and tell its buyer."""

    consumers: ClassVar = ("orders",)
    order_id: str
    reason: str


@dataclass(frozen=True)
class SeatsFreed(Message):
    """Seats of a screening went back on sale: the waiting list may be served."""

    consumers: ClassVar = ("reservations",)
    screening_id: int


@dataclass(frozen=True)
class HoldExpired(Message):
    """A reservation ended by its clock: its order expires and lets the rest go."""

    consumers: ClassVar = ("orders",)
    reservation_id: str
    screening_id: int


def _with_order_token(payload: Mapping[str, Any]) -> Mapping[str, Any]:
    """Form 1 has the path of the order's page, which ends with the token."""
    return {"order_token": str(payload["order_path"]).rpartition("/")[2]} | dict(payload)


BY_KIND: dict[str, type[Message]] = {cls.__name__: cls for cls in Message.__subclasses__()}
