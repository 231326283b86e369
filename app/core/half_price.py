"""Meia-entrada: the kinds of people who pay half, what each shows at the door, and who counts in the quota.

Sources: Lei 12.933/2013 and Decreto 8.537/2015 (students, low-income youth, disabled people and a companion;
guaranteed on 40 % of the tickets), Estatuto da Pessoa Idosa (60 and over: outside of those 40 %).
"""

from __future__ import annotations

from dataclasses import dataclass

QUOTA_PERCENT = 40


@dataclass(frozen=True, slots=True)
class HalfKind:
    """`number` stands in the QR; `name`, `proof` and `note` are message ids. `note` explains a name that a stranger
    does not know; empty where there is nothing to explain."""

    code: str
    number: int
    name: str
    proof: str
    in_quota: bool
    note: str = ""


def _(msgid: str) -> str:
    """Marks a text for the catalogue; it is translated where it is shown."""
    return msgid


KINDS = {
    kind.code: kind
    for kind in (
        HalfKind("student", 1, _("Student"), _("Student card (CIE) with photo"), True),
        HalfKind(
            "low_income_youth",
            2,
            _("ID Jovem, 15 to 29 years"),
            _("ID Jovem and a photo ID"),
            True,
            _("Brazil's card for young people of low income"),
        ),
        HalfKind(
            "disabled",
            3,
            _("Disabled person"),
            _("BPC card or INSS document, and a photo ID"),
            True,
            _("by a document of Brazil's social security"),
        ),
        HalfKind(
            "companion", 4, _("Companion of a disabled person"), _("Comes in with the disabled person"), True
        ),
        HalfKind("senior", 5, _("60 or over"), _("Any photo ID"), False),
    )
}


def proof_number(code: str | None) -> int:
    """The number of the proof wanted, as the QR holds it; 0 where none is."""
    return KINDS[code].number if code in KINDS else 0


def half_of(full_price: int) -> int:
    """What half price is, in centavos: of an odd price the odd centavo is the customer's. For every price that is shown
    and every price that is charged."""
    return full_price // 2


def quota(capacity: int) -> int:
    """Half-price places that the law guarantees, of `capacity` seats on sale; rounded up, for the customer."""
    return -(-capacity * QUOTA_PERCENT // 100)
