"""What a reservation and a request may become; everything else is refused. Pure tables."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class States:
    """For each state, the states that may follow it."""

    moves: Mapping[str, tuple[str, ...]]

    @property
    def states(self) -> tuple[str, ...]:
        return tuple(self.moves)

    def allows(self, before: str, after: str) -> bool:
        return after in self.moves[before]

    def before(self, after: str) -> tuple[str, ...]:
        """The states from which `after` may be reached."""
        return tuple(state for state, following in self.moves.items() if after in following)


# expired -> held: money came late and all of the same seats were still free.
RESERVATION = States(
    {
        "held": ("confirmed", "released", "expired"),
        "confirmed": ("released",),
        "released": (),
        "expired": ("held",),
    }
)

REQUEST = States(
    {
        "open": ("waiting", "cancelled"),
        "waiting": ("offered", "expired", "cancelled"),
        "offered": ("reserved", "expired", "cancelled"),
        "reserved": (),
        "expired": (),
        "cancelled": (),
    }
)
