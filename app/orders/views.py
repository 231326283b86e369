"""Views and errors of order-service: frozen, without a database session. Times are in UTC, money in centavos."""

from __future__ import annotations

import uuid
from dataclasses import dataclass
from datetime import datetime, timedelta

from app.core.actor import Actor, Channel
from app.core.config import settings
from app.core.errors import Conflict
from app.core.half_price import half_of
from app.core.seat_names import long_name, short_name, spoken_name
from app.events.service import Presentation, Screening
from app.orders.states import AWAITING, CANCELLED, DRAFT, EXPIRED, PAID, REFUNDED, RESEAT


@dataclass(frozen=True, slots=True)
class OrderSeat:
    """A seat of an order. `ticket_type` is full or half, `half_kind` a code of core.half_price."""

    seat_id: int
    name: str
    row_label: str
    number: str
    kind: str
    zone_name: str
    full_price: int
    ticket_type: str
    half_kind: str | None
    price: int
    section: str = ""

    @property
    def short_name(self) -> str:
        return short_name(self.row_label, self.number)

    def long_name(self, locale: str) -> str:
        return long_name(locale, self.row_label, self.number, self.section)

    def spoken_name(self, locale: str) -> str:
        return spoken_name(locale, self.row_label, self.number, self.section)

    @property
    def half_price(self) -> int:
        """The price of this seat as half price."""
        return half_of(self.full_price)


@dataclass(frozen=True, slots=True)
class OrderItem:
    """A concession of an order."""

    product_id: int
    name: str
    name_en: str
    quantity: int
    unit_price: int

    @property
    def total(self) -> int:
        return self.quantity * self.unit_price

    def name_in(self, locale: str) -> str:
        return (locale.startswith("en") and self.name_en) or self.name


@dataclass(frozen=True, slots=True, kw_only=True)
class OrderView:
    """An order. `read_at` is the database's time of the read: compare `deadline` with it.

    `from_offer`: its seats were offered by the waiting list. `screening_revision` is the screening's revision that the
    buyer agreed to; `agreed` is the presentation of that revision where it has changed since, else None.
    """

    id: uuid.UUID
    token: str
    code: str
    state: str
    screening: Screening
    reservation_id: uuid.UUID
    seats: tuple[OrderSeat, ...]
    items: tuple[OrderItem, ...]
    total: int
    deadline: datetime
    read_at: datetime
    extensions_left: int
    types_chosen: bool
    age_confirmed: bool
    concessions_chosen: bool
    method: str | None
    visitor: str
    from_offer: bool
    user_id: int | None
    locale: str
    name: str | None
    email: str | None
    cpf: str | None
    created_at: datetime
    paid_at: datetime | None
    ended_at: datetime | None
    end_reason: str | None
    reseat_reservation_id: uuid.UUID | None
    reseat_receipt_id: uuid.UUID | None
    reseat_until: datetime | None
    erased_at: datetime | None = None
    channel: Channel = "web"
    device: uuid.UUID | None = None
    partner_id: int | None = None
    screening_revision: int = 0
    agreed: Presentation | None = None

    def belongs_to(self, actor: Actor) -> bool:
        """Whether the actor started it, in this browser or signed in to this account."""
        by_visitor = bool(actor.visitor) and self.visitor == actor.visitor
        return by_visitor or (actor.user_id is not None and self.user_id == actor.user_id)

    @property
    def is_open(self) -> bool:
        """Whether the buyer can go on: it is not paid, its deadline is to come, and its screening takes place."""
        on = self.screening.status == "scheduled"
        return on and self.state in (DRAFT, AWAITING) and self.read_at < self.deadline

    @property
    def is_over(self) -> bool:
        """Whether its deadline has passed unpaid, also before the worker marks it expired."""
        return self.state in (DRAFT, AWAITING) and self.read_at >= self.deadline

    @property
    def is_draft(self) -> bool:
        """Whether the buyer still chooses: no payment has begun."""
        return self.state == DRAFT

    @property
    def is_awaiting_payment(self) -> bool:
        return self.state == AWAITING

    @property
    def is_paid(self) -> bool:
        """Whether its tickets are bought; False again after a cancellation (see `paid_at`)."""
        return self.state == PAID

    @property
    def is_expired(self) -> bool:
        return self.state == EXPIRED

    @property
    def is_cancelled(self) -> bool:
        return self.state == CANCELLED

    @property
    def is_refunded(self) -> bool:
        return self.state == REFUNDED

    @property
    def is_reseat_offered(self) -> bool:
        """Whether other seats are held for its late payment, until the buyer answers."""
        return self.state == RESEAT

    @property
    def can_extend(self) -> bool:
        return self.state == DRAFT and self.is_open and self.extensions_left > 0

    @property
    def is_changed(self) -> bool:
        """Whether the screening differs from what the buyer agreed to, and is not over yet."""
        changed = self.agreed is not None and self.agreed != self.screening.presentation
        return changed and self.read_at < self.screening.ends_at

    @property
    def can_cancel(self) -> bool:
        """Whether it can be cancelled: until the screening begins. Mails about changed screenings promise that."""
        return self.state == PAID and self.read_at < self.screening.starts_at

    @property
    def seats_total(self) -> int:
        return sum(seat.price for seat in self.seats)

    @property
    def items_total(self) -> int:
        return sum(item.total for item in self.items)

    @property
    def needs_age_notice(self) -> bool:
        """Whether the buyer has to confirm the age rating: from 14 up (Portaria 502/2021)."""
        return self.screening.film.age_rating in ("14", "16", "18")

    @property
    def pdf_is_gone(self) -> bool:
        """Whether its PDF is deleted for good: long after the screening, or because its buyer was erased."""
        kept_until = self.screening.ends_at + timedelta(days=settings().retention.pdf_days)
        return self.erased_at is not None or self.read_at >= kept_until

    @property
    def next_step(self) -> str:
        """The page step to continue with: types, concessions, checkout, payment, or order (the order's own page)."""
        if not self.is_open:
            return "order"
        if self.state == AWAITING:
            return "payment"
        if not self.types_chosen:
            return "types"
        return "checkout" if self.concessions_chosen else "concessions"


@dataclass(frozen=True, slots=True)
class Started:
    """An order that has just been created.

    `replaces` is the token of the basket that the same form created before: the caller abandons it after the commit.
    """

    id: uuid.UUID
    token: str
    deadline: datetime
    replaces: str | None = None


class OrderOver(Conflict):
    """The order's deadline has passed or it has ended: nothing can be changed. `code` is `order.over`."""

    def __init__(self, state: str) -> None:
        super().__init__("order.over", state=state)
        self.state = state


class WrongState(Conflict):
    """The order's state does not allow this, for example because it was paid meanwhile. `code` is `order.state`."""

    def __init__(self, state: str) -> None:
        super().__init__("order.state", state=state)
        self.state = state


class AlreadyStarted(Conflict):
    """The same form was sent before with the same seats; `token` is its order's."""

    def __init__(self, token: str) -> None:
        super().__init__("order.started_before")
        self.token = token


class StartedWithOtherSeats(Conflict):
    """The same form has created the basket `token` with other seats: change them by `change_seats`."""

    def __init__(self, token: str) -> None:
        super().__init__("order.started_otherwise")
        self.token = token


class HalfPriceGone(Conflict):
    """Fewer half-price places are left than were chosen; `left` of `total` are."""

    def __init__(self, left: int, total: int) -> None:
        super().__init__("half_price.gone", left=left, total=total)
        self.left = left
        self.total = total


class TotalChanged(Conflict):
    """The basket's total differs from the one that its buyer was shown."""

    def __init__(self, total: int) -> None:
        super().__init__("order.total_changed", total=total)
        self.total = total


class RefundChanged(Conflict):
    """A cancellation refunds another amount than its buyer was shown; `refund` in centavos."""

    def __init__(self, refund: int) -> None:
        super().__init__("order.refund_changed", refund=refund)
        self.refund = refund


class PresentationChanged(Conflict):
    """The screening's version, format or length differs from what its buyer was shown."""

    def __init__(self) -> None:
        super().__init__("order.screening_changed")


class NoMoreExtensions(Conflict):
    """The order was extended as often as the settings allow."""

    def __init__(self) -> None:
        super().__init__("order.no_more_extensions")
