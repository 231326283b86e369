"""The values that ticket-service takes and returns, frozen. Times are aware, in UTC; money is in centavos."""

from __future__ import annotations

import uuid
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any, ClassVar

from sqlalchemy import Row

from app.core.payloads import FIRST_FORM, FORM, known_fields
from app.core.seat_names import full_name, long_name, short_name
from app.core.showtime import Showtime
from app.tickets.states import USED, VALID


@dataclass(frozen=True, slots=True)
class TicketLine:
    """A seat to issue a ticket for. `ticket_type` is full or half; `half_kind` is a code of core.half_price."""

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
    """A product to pick up at the counter; shown at the door, on the order's page and in the mail."""

    quantity: int
    name: str
    name_en: str = ""

    def name_in(self, locale: str) -> str:
        return (locale.startswith("en") and self.name_en) or self.name


@dataclass(frozen=True, slots=True, kw_only=True)
class IssueFacts:
    """The facts that all tickets of an order share, as they were at the issue.

    `starts_local` is the local time of the start as it was sold; None in facts of an older version.
    `version`, `format` and `ends_at` are those of the screening's `screening_revision`: they follow its changes.
    `is_changed`: they have changed since the issue, so a printed ticket may show former ones.
    `partner_id` is the partner that made the order.
    `paper_colour` is the colour of the ticket's paper, as on the auditorium.

    The facts are stored as JSON (`core.payloads`): a new field needs a default.
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
    paper_colour: str = "manila"
    starts_at: datetime
    ends_at: datetime
    timezone: str
    starts_local: datetime | None = None
    screening_revision: int = 0
    is_changed: bool = False
    locale: str = "pt_BR"
    partner_id: int | None = None
    concessions: tuple[Concession, ...] = ()

    def title_in(self, locale: str) -> str:
        return (locale.startswith("en") and self.film_title_en) or self.film_title

    @property
    def showtime(self) -> Showtime:
        """The start in local time."""
        return Showtime.of(self.starts_at, self.timezone, self.starts_local)

    def payload(self) -> dict[str, Any]:
        """The facts as JSON, with the number of their form."""
        fields = asdict(self)
        # The key in stored facts is `stock`; earlier versions read it too.
        fields["stock"] = fields.pop("paper_colour")
        return fields | {
            FORM: self.form,
            "order_id": str(self.order_id),
            "starts_at": self.starts_at.isoformat(),
            "ends_at": self.ends_at.isoformat(),
            "starts_local": self.starts_local.isoformat() if self.starts_local else None,
        }

    @classmethod
    def of(cls, payload: dict[str, Any]) -> IssueFacts:
        """Read the facts that any version wrote. Unknown fields are ignored, so that tickets stay valid."""
        clock = payload.get("starts_local")
        concessions = payload.get("concessions", ())
        return cls(
            **known_fields(cls, payload)
            | {
                "order_id": uuid.UUID(payload["order_id"]),
                "starts_at": datetime.fromisoformat(payload["starts_at"]),
                "ends_at": datetime.fromisoformat(payload["ends_at"]),
                "starts_local": datetime.fromisoformat(clock) if clock else None,
                "paper_colour": payload.get("stock", "manila"),
                "concessions": tuple(Concession(**known_fields(Concession, one)) for one in concessions),
            }
        )


@dataclass(frozen=True, slots=True)
class Ticket:
    """A ticket. `code` has ten characters for typing; `qr_text` is the QR code's text; `serial` is `LTZ-4720-1`.

    `qr_symbol` is the drawn QR code (core/qr_symbol.py); None for tickets of an older version and re-signed ones.

    `seat_name` is unique in the auditorium (core/seat_names.py).
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
        """Row and number, for places that show the section separately."""
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

    @property
    def is_used(self) -> bool:
        """Whether somebody was admitted with it, also if they are outside for a while."""
        return self.state in USED

    @classmethod
    def of(cls, row: Row[Any], facts: IssueFacts) -> Ticket:
        return cls(
            id=row.id,
            number=row.number,
            code=row.code,
            qr_text=row.qr_text,
            state=row.state,
            seat_id=row.seat_id,
            # The name is made of row and number: an older version stored it in another form.
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
class Document:
    """The PDF of an order in storage; `size` in bytes."""

    order_id: uuid.UUID
    revision: int
    storage_key: str
    size: int
    made_at: datetime
