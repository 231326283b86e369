"""Half price (meia-entrada): who is entitled to it, which proof the door asks for, and which kinds count in the quota.

Sources: Lei 12.933/2013 and Decreto 8.537/2015 (students, low-income youth, disabled people and a companion;
guaranteed on 40 % of the tickets), Estatuto da Pessoa Idosa (60 and over: outside of those 40 %).
"""

from __future__ import annotations

from dataclasses import dataclass

QUOTA_PERCENT = 40


@dataclass(frozen=True, slots=True)
class HalfKind:
    """A kind of people who pay half price. `number` is its number in the QR code.

    `name`, `proof` and `note` are message ids. `note` explains a name that foreigners do not know; it may be empty.
    """

    code: str
    number: int
    name: str
    proof: str
    in_quota: bool
    note: str = ""


def _(msgid: str) -> str:
    """Mark a text for the catalogue; it is translated where it is shown."""
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
    """The number of the proof that a ticket needs, as in its QR code; 0 for none."""
    return KINDS[code].number if code in KINDS else 0


def half_of(full_price: int) -> int:
    """Half of `full_price`, in centavos, rounded down. Use it for every price that is shown or charged."""
    return full_price // 2


def quota(capacity: int) -> int:
    """The number of half-price places that the law guarantees for `capacity` seats on sale, rounded up."""
    return -(-capacity * QUOTA_PERCENT // 100)
