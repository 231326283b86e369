"""What reservation-service hands out and raises. Times are aware, UTC; seats are their ids."""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from app.core.errors import Conflict, Invalid, TooMany


@dataclass(frozen=True, slots=True)
class Reservation:
    """Seats of one screening. `deadline` is what people see; the claims outlive it until `expires_at`."""

    id: uuid.UUID
    screening_id: int
    state: str
    seat_ids: tuple[int, ...]
    expires_at: datetime
    deadline: datetime


@dataclass(frozen=True, slots=True)
class Request:
    """A place in the waiting list. `position` counts from 1 while waiting; `offer` is held until `offered_until`.

    Anybody who has its token can take the seats, or leave the line.
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
    """Others were quicker. Nothing is held; `alternatives` are sets of free seats that replace the lost ones.

    `states` are the screening's taken seats of that moment: until when, or None for sold.
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
    """The choice would leave a single seat empty, and `shift`, as good, would not. The caller rolls back."""

    def __init__(self, seat_ids: tuple[int, ...], shift: tuple[int, ...]) -> None:
        super().__init__("seats.single_left", "seat")
        self.seat_ids = seat_ids
        self.shift = shift


class NothingFits(Conflict):
    """There are not `quantity` free seats together. The waiting list is what remains."""

    def __init__(self, screening_id: int, quantity: int) -> None:
        super().__init__("seats.nothing_fits", screening_id=screening_id, quantity=quantity)
        self.screening_id = screening_id
        self.quantity = quantity


class TooManyHolds(TooMany):
    """This visitor, or else this address, holds as much as one may at a time.

    `retry_after`: until there is room again, if nobody ends a hold before its time.
    """

    def __init__(self, whose: Literal["visitor", "address"], retry_after: int) -> None:
        super().__init__(retry_after)
        self.whose = whose


class NotHeld(Conflict):
    """The reservation is no longer held (released, expired, confirmed), or its claims have gone."""

    def __init__(self, reservation_id: uuid.UUID) -> None:
        super().__init__("reservation.not_held", reservation_id=str(reservation_id))
