"""The translated labels of a ticket, the same on the PDF, on the order's page and at the door."""

from __future__ import annotations

from functools import partial

from app.core.half_price import KINDS
from app.core.i18n import format_duration, translate
from app.tickets.views import IssueFacts, Ticket

VERSIONS = {"dubbed", "subtitled", "original"}


def type_name(ticket: Ticket, locale: str) -> str:
    """`Inteira` or `Meia-entrada, estudante`."""
    _ = partial(translate, locale)
    if ticket.ticket_type != "half":
        return _("Full price")
    kind = KINDS.get(ticket.half_kind or "")
    if kind is None:
        return _("Half price")
    return _("Half price, %(kind)s", kind=_lower_first(_(kind.name)))


def type_short(ticket: Ticket, locale: str) -> str:
    """`Inteira` or `Meia: estudante`, for the door."""
    _ = partial(translate, locale)
    kind = KINDS.get(ticket.half_kind or "")
    if ticket.ticket_type != "half" or kind is None:
        return type_name(ticket, locale)
    return _("Half: %(kind)s", kind=_lower_first(_(kind.name)))


def door_types(locale: str) -> dict[str | None, tuple[str, str, int]]:
    """All ticket types by half-price kind (None: full price): the name, the document to show, the number in the QR."""
    _ = partial(translate, locale)
    halves: dict[str | None, tuple[str, str, int]] = {
        kind.code: (_("Half: %(kind)s", kind=_lower_first(_(kind.name))), _(kind.proof), kind.number)
        for kind in KINDS.values()
    }
    return {None: (_("Full price"), "", 0)} | halves


def required_proof(ticket: Ticket, locale: str) -> str:
    """The document to show at the door; empty if none is needed."""
    kind = KINDS.get(ticket.half_kind or "")
    return translate(locale, kind.proof) if ticket.ticket_type == "half" and kind else ""


def companion_line(ticket: Ticket, locale: str) -> str:
    """The rule for a companion, who shows no document: `Comes in with the disabled person`; empty for all others."""
    if ticket.half_kind != "companion":
        return ""
    rule = required_proof(ticket, locale)
    return rule[:1].upper() + rule[1:]


def version_name(facts: IssueFacts, locale: str) -> str:
    """`legendado`, or `legendado · 3D` for a format other than 2D."""
    _ = partial(translate, locale)
    names = {"dubbed": _("dubbed"), "subtitled": _("subtitled"), "original": _("original version")}
    name = names.get(facts.version, facts.version)
    return f"{name} · {facts.format}" if facts.format not in ("", "2D") else name


def film_line(facts: IssueFacts, locale: str, *, original: bool = True) -> str:
    """`Metropolis, 1927 · legendado · 2h33`; the `original` title only if it differs from the title."""
    differs = original and facts.original_title.casefold() != facts.title_in(locale).casefold()
    origin = ", ".join(
        part for part in (facts.original_title if differs else "", str(facts.year or "")) if part
    )
    duration = format_duration(facts.duration_minutes, locale) if facts.duration_minutes else ""
    return " · ".join(part for part in (origin, version_name(facts, locale), duration) if part)


def age_label(rating: str, locale: str) -> str:
    """`Livre` or `Não recomendado para menores de 14 anos`."""
    _ = partial(translate, locale)
    return _("All ages") if rating == "L" else _("Not recommended under %(age)s", age=rating)


def _lower_first(text: str) -> str:
    """`estudante` for `Estudante`; `ID Jovem` stays unchanged."""
    return text[:1].lower() + text[1:] if text[1:2].islower() else text
