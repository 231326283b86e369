"""Who buys: name, e-mail and CPF, checked. Pure; no network."""

from __future__ import annotations

from dataclasses import dataclass

from app.core.contact import checked_email, checked_name
from app.core.errors import Invalid


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
    if not text.strip():
        return None
    digits = "".join(ch for ch in text if ch not in ". -\u00a0\t")
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
