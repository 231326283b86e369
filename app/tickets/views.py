"""What ticket-service takes and hands out: frozen, without a session behind them. Times aware, UTC; money centavos."""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any, ClassVar

from sqlalchemy import Row

from app.core.payloads import FIRST_FORM, FORM, known_fields
from app.core.seat_names import full_name, long_name, short_name
from app.core.showtime import Showtime
from app.tickets.states import VALID


@dataclass(frozen=True, slots=True)
class TicketLine:
    """A seat to be issued. `ticket_type` is full or half; `half_kind` a code of core.half_price; price centavos."""

    seat_id: int
    seat_name: str
    row_label: str
    seat_number: str
    zone_name: str
    ticket_type: str
    half_kind: str | None
    price: int
    section: str = ""


@dataclass(frozen=True, slots=True)
class Concession:
    """A thing to fetch at the counter; shown at the door, on the page and in the mail."""

    quantity: int
    name: str
    name_en: str = ""

    def name_in(self, locale: str) -> str:
        return (locale.startswith("en") and self.name_en) or self.name


@dataclass(frozen=True, slots=True, kw_only=True)
class IssueFacts:
    """What all tickets of an order share, as it was when they were issued. Times are aware, UTC.

    `starts_local` is the hour of the start by the site's clock, as it was sold; None in what an older version wrote.
    `version`, `format` and `ends_at` are those of the screening's `screening_revision`: they follow its changes.
    `is_changed`: they have changed since the tickets were issued, and a paper may say otherwise.

    Stored as JSON; see `core.payloads`: a field that is added needs a default.
    """

    form: ClassVar[int] = FIRST_FORM
    order_id: uuid.UUID
    order_code: str
    screening_id: int
    film_title: str
    film_title_en: str = ""
    original_title: str = ""
    year: int | None = None
    age_rating: str = "L"
    duration_minutes: int = 0
    version: str = "subtitled"
    format: str = "2D"
    cinema_id: int
    cinema_name: str
    cinema_address: str = ""
    auditorium_name: str
    auditorium_label: str
    stock: str = "manila"
    starts_at: datetime
    ends_at: datetime
    timezone: str
    starts_local: datetime | None = None
    screening_revision: int = 0
    is_changed: bool = False
    locale: str = "pt_BR"
    concessions: tuple[Concession, ...] = ()

    def title_in(self, locale: str) -> str:
        return (locale.startswith("en") and self.film_title_en) or self.film_title

    @property
    def showtime(self) -> Showtime:
        """The start as people read it."""
        return Showtime.of(self.starts_at, self.timezone, self.starts_local)

    def payload(self) -> dict[str, Any]:
        """As JSON, numbered."""
        return asdict(self) | {
            FORM: self.form,
            "order_id": str(self.order_id),
            "starts_at": self.starts_at.isoformat(),
            "ends_at": self.ends_at.isoformat(),
            "starts_local": self.starts_local.isoformat() if self.starts_local else None,
        }

    @classmethod
    def of(cls, payload: dict[str, Any]) -> IssueFacts:
        """As an older or a newer version wrote them: the known ones, of whatever form, so that tickets stay good."""
        clock = payload.get("starts_local")
        concessions = payload.get("concessions", ())
        return cls(
            **known_fields(cls, payload)
            | {
                "order_id": uuid.UUID(payload["order_id"]),
                "starts_at": datetime.fromisoformat(payload["starts_at"]),
                "ends_at": datetime.fromisoformat(payload["ends_at"]),
                "starts_local": datetime.fromisoformat(clock) if clock else None,
                "concessions": tuple(Concession(**known_fields(Concession, one)) for one in concessions),
            }
        )


@dataclass(frozen=True, slots=True)
class Ticket:
    """`code` is ten characters for people; `qr_text` what the QR holds, `qr_symbol` the QR as it is drawn
    (core/qr_symbol.py), None for tickets from before it was kept; `serial` counts within the order.

    `seat_name` is what tells the seat from all of its room (core/seat_names.py).
    """

    id: uuid.UUID
    number: int
    code: str
    qr_text: str
    state: str
    seat_id: int
    seat_name: str
    row_label: str
    seat_number: str
    zone_name: str
    ticket_type: str
    half_kind: str | None
    price: int
    admitted_at: datetime | None
    gate: str | None
    revision: int
    facts: IssueFacts
    section: str = ""
    qr_symbol: bytes | None = None

    @property
    def short_name(self) -> str:
        """Row and number, for where the section stands beside it."""
        return short_name(self.row_label, self.seat_number)

    def long_name(self, locale: str) -> str:
        return long_name(locale, self.row_label, self.seat_number, self.section)

    @property
    def order_id(self) -> uuid.UUID:
        return self.facts.order_id

    @property
    def serial(self) -> str:
        return f"{self.facts.order_code}-{self.number}"

    @property
    def is_valid(self) -> bool:
        return self.state == VALID

    @classmethod
    def of(cls, row: Row[Any], facts: IssueFacts) -> Ticket:
        return cls(
            id=row.id,
            number=row.number,
            code=row.code,
            qr_text=row.qr_text,
            state=row.state,
            seat_id=row.seat_id,
            # Of row and number, as every place says it; the table may hold a name that was joined otherwise once.
            seat_name=full_name(row.row_label, row.seat_number, row.section),
            row_label=row.row_label,
            seat_number=row.seat_number,
            zone_name=row.zone_name,
            ticket_type=row.ticket_type,
            half_kind=row.half_kind,
            price=row.price,
            admitted_at=row.admitted_at,
            gate=row.gate,
            revision=row.revision,
            facts=facts,
            section=row.section,
            qr_symbol=bytes(row.qr_symbol) if row.qr_symbol is not None else None,
        )


@dataclass(frozen=True, slots=True)
class Admission:
    """The door's answer. `verdict` is one of VERDICTS; the ticket is there whenever it is known; `id` is the try's."""

    verdict: str
    ticket: Ticket | None = None
    admitted_at: datetime | None = None
    gate: str | None = None
    by_user_id: int | None = None
    id: int = 0

    @property
    def admitted(self) -> bool:
        return self.verdict in ("admitted", "admitted_early")

    @property
    def proof(self) -> str | None:
        """The half-price kind whose proof the door asks for; None where no document is needed."""
        return self.ticket.half_kind if self.ticket is not None else None

    @property
    def concessions(self) -> Sequence[Concession]:
        return self.ticket.facts.concessions if self.ticket is not None else ()


VERDICTS = (
    "admitted",
    "admitted_early",  # before the room opened, as a supervisor decided
    "already",
    "revoked",
    "called_off",
    "unknown",
    "order_code",
    "forged",
    "cut",
    "garbled",
    "replaced",
    "other_screening",
    "other_day",
    "other_cinema",
    "too_early",
    "over",
)


@dataclass(frozen=True, slots=True)
class Attendance:
    """How many of a screening's ticket holders are in, and how many are still expected."""

    inside: int
    missing: int


@dataclass(frozen=True, slots=True)
class Document:
    """The PDF of an order in storage; `size` in bytes."""

    order_id: uuid.UUID
    revision: int
    storage_key: str
    size: int
    made_at: datetime
