"""The caller of the API: a guest, an account, a device of the cinema, or a partner's system."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass

from app.users.service import Device, Partner, User


@dataclass(frozen=True, slots=True)
class Caller:
    """Who sent a request. A guest has no account, no device and is no partner.

    `grants` are what the caller may do: the role of an account, the scopes of a partner, the kind of a device.
    """

    grants: frozenset[str] = frozenset()
    user: User | None = None
    device: Device | None = None
    partner: Partner | None = None

    @property
    def key(self) -> str:
        """Names this caller among all others, for limits and idempotency keys; empty for a guest."""
        if self.partner is not None:
            return f"partner {self.partner.id}"
        if self.device is not None:
            return f"device {self.device.id}"
        return f"account {self.user.id}" if self.user is not None else ""

    @property
    def is_guest(self) -> bool:
        return not self.key

    def own(self, text: str) -> str:
        """`text`, which has no blanks, so that it is equal for no two callers; a guest's stays as it is."""
        return f"{self.key} {text}" if self.key else text

    def has_one_of(self, grants: Collection[str]) -> bool:
        return not self.grants.isdisjoint(grants)


GUEST = Caller()
