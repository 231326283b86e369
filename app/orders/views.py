"""What order-service hands out and raises: frozen, without a session behind them. Times aware, UTC; money centavos."""

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
from app.orders.states import AWAITING, DRAFT, PAID


@dataclass(frozen=True, slots=True)
class OrderSeat:
    """`ticket_type` is full or half, `half_kind` a code of core.half_price; `name` as a seat's of event-service."""

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
        """What it costs as half price."""
        return half_of(self.full_price)


@dataclass(frozen=True, slots=True)
class OrderItem:
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
    """An order as it is. `read_at` is the database's clock when it was read: compare `deadline` with that.

    `from_offer`: its seats were waited for. `screening_revision` is the screening's that the buyer agreed to, and
    `agreed` what it was then, where it has changed since; None where it has not.
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
    reseat_seats: tuple[str, ...] = ()
    erased_at: datetime | None = None
    channel: Channel = "web"
    device: uuid.UUID | None = None
    screening_revision: int = 0
    agreed: Presentation | None = None

    def belongs_to(self, actor: Actor) -> bool:
        """Whether the actor began it, in this browser or signed in to this account."""
        by_visitor = bool(actor.visitor) and self.visitor == actor.visitor
        return by_visitor or (actor.user_id is not None and self.user_id == actor.user_id)

    @property
    def is_open(self) -> bool:
        """Still being bought, in time, and for a screening that takes place."""
        on = self.screening.status == "scheduled"
        return on and self.state in (DRAFT, AWAITING) and self.read_at < self.deadline

    @property
    def is_over(self) -> bool:
        """Its time has run out, whether or not the clockwork has noticed yet."""
        return self.state in (DRAFT, AWAITING) and self.read_at >= self.deadline

    @property
    def can_extend(self) -> bool:
        return self.state == DRAFT and self.is_open and self.extensions_left > 0

    @property
    def is_changed(self) -> bool:
        """Whether the screening is another than the buyer agreed to, and is still to come or goes on."""
        changed = self.agreed is not None and self.agreed != self.screening.presentation
        return changed and self.read_at < self.screening.ends_at

    @property
    def can_cancel(self) -> bool:
        """Until the screening begins. Buyers of a changed screening are promised that: no limit may end it earlier."""
        return self.state == PAID and self.read_at < self.screening.starts_at

    @property
    def seats_total(self) -> int:
        return sum(seat.price for seat in self.seats)

    @property
    def items_total(self) -> int:
        return sum(item.total for item in self.items)

    @property
    def needs_age_notice(self) -> bool:
        """From 14 up the buyer confirms the rating (FACTS: Portaria 502/2021)."""
        return self.screening.film.age_rating in ("14", "16", "18")

    @property
    def pdf_is_gone(self) -> bool:
        """Its PDF is deleted by now and not made again: long after the screening, or since its buyer was erased."""
        kept_until = self.screening.ends_at + timedelta(days=settings().retention.pdf_days)
        return self.erased_at is not None or self.read_at >= kept_until

    @property
    def next_step(self) -> str:
        """The step to go on with: types, concessions, checkout, payment, or order (the order's own page)."""
        if not self.is_open:
            return "order"
        if self.state == AWAITING:
            return "payment"
        if not self.types_chosen:
            return "types"
        return "checkout" if self.concessions_chosen else "concessions"


@dataclass(frozen=True, slots=True)
class Started:
    """An order that has just been written: enough to send its buyer on.

    `instead_of` is the token of the form's former basket, which nobody wants any more: the caller lets it go
    (`abandon`) when this one is committed.
    """

    id: uuid.UUID
    token: str
    deadline: datetime
    instead_of: str | None = None


class OrderOver(Conflict):
    """The order's time has run out, or it has ended: nothing can be changed. `code` is `order.over`."""

    def __init__(self, state: str) -> None:
        super().__init__("order.over", state=state)
        self.state = state


class WrongState(Conflict):
    """The order is somewhere else by now (paid meanwhile, being paid): `code` is `order.state`."""

    def __init__(self, state: str) -> None:
        super().__init__("order.state", state=state)
        self.state = state


class StartedBefore(Conflict):
    """The same form was sent before with the same wish: its order is under `token`."""

    def __init__(self, token: str) -> None:
        super().__init__("order.started_before")
        self.token = token


class StartedOtherwise(Conflict):
    """The same form began the basket under `token`, with other seats: change those (`change_seats`)."""

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
    """The basket costs something else than its buyer was shown: nobody pays what they did not see."""

    def __init__(self, total: int) -> None:
        super().__init__("order.total_changed", total=total)
        self.total = total


class PresentationChanged(Conflict):
    """The screening has another version, format or length than its buyer was shown."""

    def __init__(self) -> None:
        super().__init__("order.screening_changed")


class NoMoreExtensions(Conflict):
    """The order was extended as often as one may."""

    def __init__(self) -> None:
        super().__init__("order.no_more_extensions")
