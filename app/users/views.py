"""The values that user-service returns, and the error of a sign-in."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from sqlalchemy import Row

from app.core.errors import Invalid

COLUMNS = "id, email, name, role, locale, verified_at is not null as verified"


@dataclass(frozen=True, slots=True)
class User:
    """An account without its password."""

    id: int
    email: str
    name: str
    role: str
    locale: str
    verified: bool

    @property
    def verified_email(self) -> str | None:
        return self.email if self.verified else None

    @classmethod
    def of(cls, row: Row[Any]) -> User:
        """From a row with COLUMNS."""
        return cls(row.id, row.email, row.name, row.role, row.locale, row.verified)


class WrongPassword(Invalid):
    """E-mail and password do not match; the error does not reveal which one is wrong."""

    def __init__(self) -> None:
        super().__init__("sign_in.wrong", "password")
