"""The views and errors of reservation-service. Times are aware, UTC; seats are given by id."""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from app.core.errors import Conflict, Invalid, TooMany


@dataclass(frozen=True, slots=True)
class Reservation:
    """Seats of one screening. Pages show `deadline`; the claims live until `expires_at`, a grace later."""

    id: uuid.UUID
    screening_id: int
    state: str
    seat_ids: tuple[int, ...]
    expires_at: datetime
    deadline: datetime


@dataclass(frozen=True, slots=True)
class Request:
    """A request for seats. `position` in the waiting list counts from 1; `offer` is held until `offered_until`.

    The token alone permits to accept the offer or to cancel the request.
    """

    id: uuid.UUID
    token: str
    screening_id: int
    state: str
    quantity: int
    email: str | None
    locale: str
    visitor: str
    position: int | None
    offer: Reservation | None
    offered_until: datetime | None


class SeatsLost(Conflict):
    """Some seats are taken. Nothing is held; `kept` are free, `alternatives` are sets that replace the lost ones.

    `states` are the screening's taken seats of that moment and when their claims expire; None for sold.
    """

    def __init__(
        self,
        lost: tuple[int, ...],
        kept: tuple[int, ...],
        alternatives: list[tuple[int, ...]],
        states: Mapping[int, datetime | None],
    ) -> None:
        super().__init__("seats.lost", lost=list(lost), kept=list(kept))
        self.lost = lost
        self.kept = kept
        self.alternatives = alternatives
        self.states = states


class SingleSeatLeft(Invalid):
    """The seats would leave a single seat empty, the equivalent ones in `shift` would not. The caller rolls back."""

    def __init__(self, seat_ids: tuple[int, ...], shift: tuple[int, ...]) -> None:
        super().__init__("seats.single_left", "seat")
        self.seat_ids = seat_ids
        self.shift = shift


class NothingFits(Conflict):
    """There are not `quantity` free seats together. A request can wait for them."""

    def __init__(self, screening_id: int, quantity: int) -> None:
        super().__init__("seats.nothing_fits", screening_id=screening_id, quantity=quantity)
        self.screening_id = screening_id
        self.quantity = quantity


class TooManyHolds(TooMany):
    """The visitor or the address has reached its limit of holds; `whose` names which, the visitor first.

    `retry_after`: seconds until one more hold is possible, if none ends early.
    """

    def __init__(self, whose: Literal["visitor", "address"], retry_after: int) -> None:
        super().__init__(retry_after)
        self.whose = whose


class NotHeld(Conflict):
    """The reservation is no longer held (released, expired, confirmed), or a claim was lost."""

    def __init__(self, reservation_id: uuid.UUID) -> None:
        super().__init__("reservation.not_held", reservation_id=str(reservation_id))
