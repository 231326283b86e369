"""Who buys: name, e-mail and CPF, checked. Pure; no network."""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass

from app.core.contact import checked_email, checked_name
from app.core.errors import Invalid
from app.core.typed import plain

_LONGEST_PASTED = 400
_LABEL = re.compile(r"^CPF[\s:.nº]*", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Buyer:
    """`cpf` is eleven digits, or None."""

    name: str
    email: str
    cpf: str | None


def checked(name: str, email: str, cpf: str) -> Buyer:
    """Raises Invalid: `name.missing`, `name.no_letters`, `name.too_long`, `email.missing`, `email.wrong`, `cpf.wrong`,
    by field."""
    return Buyer(checked_name(name), checked_email(email), _cpf(cpf))


def problems(name: str, email: str, cpf: str) -> list[Invalid]:
    """Everything that `checked` would complain about, so that a page can say it at once."""
    found: list[Invalid] = []
    for check, text in ((checked_name, name), (checked_email, email), (_cpf, cpf)):
        try:
            check(text)
        except Invalid as error:
            found.append(error)
    return found


def _cpf(text: str) -> str | None:
    typed = _LABEL.sub("", plain(text[:_LONGEST_PASTED]))
    if not typed:
        return None
    digits = "".join(
        sign for sign in typed if sign not in " .,;\u2212" and unicodedata.category(sign) != "Pd"
    )
    if len(digits) != 11 or not (digits.isascii() and digits.isdecimal()) or not is_cpf(digits):
        raise Invalid("cpf.wrong", "cpf")
    return digits


def is_cpf(digits: str) -> bool:
    """The two check digits: weights 10..2, then 11..2; remainder below 2 gives 0; eleven equal digits are none."""
    if len(set(digits)) == 1:
        return False
    numbers = [int(ch) for ch in digits]
    for length in (9, 10):
        rest = sum(number * (length + 1 - index) for index, number in enumerate(numbers[:length])) % 11
        if numbers[length] != (0 if rest < 2 else 11 - rest):
            return False
    return True
