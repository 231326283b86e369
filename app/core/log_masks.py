"""Masks personal data in the values of a log line: a safety net, because no line should contain any."""

from __future__ import annotations

import re

MASK = "…"
_EMAIL = re.compile(r"""[^\s@"'<>()\[\]{},;:=/]+@[^\s@"'<>()\[\]{},;:=/]+""")
# Addresses of orders and of places in the waiting list: their token opens them.
_TOKEN = re.compile(r"/(orders|requests)/[A-Za-z0-9_-]{16,}")
_CPF = re.compile(r"(?<![\w.-])\d{3}\.?\d{3}\.?\d{3}-?\d{2}(?![\w-])")
_CARD = re.compile(r"(?<![\w-])(?:\d[ -]?){12,18}\d(?![\w-])")


def masked(value: object) -> object:
    """The value with its e-mail addresses, CPFs, card numbers and order addresses masked, at any depth."""
    if isinstance(value, str):
        return _masked_text(value)
    if isinstance(value, dict):
        return {name: masked(one) for name, one in value.items()}
    if isinstance(value, (list, tuple, set, frozenset)):
        return [masked(one) for one in value]
    return value


def _masked_text(text: str) -> str:
    if "@" in text:
        text = _EMAIL.sub(f"{MASK}@{MASK}", text)
    if "/" in text:
        text = _TOKEN.sub(rf"/\1/{MASK}", text)
    text = _CPF.sub(lambda found: MASK if _is_cpf(_digits(found[0])) else found[0], text)
    return _CARD.sub(lambda found: MASK if _is_card(_digits(found[0])) else found[0], text)


def _digits(text: str) -> list[int]:
    return [int(letter) for letter in text if letter.isdigit()]


def _is_cpf(digits: list[int]) -> bool:
    """Whether the two check digits are right: other numbers of eleven digits stay readable."""
    for length in (9, 10):
        rest = sum(digit * (length + 1 - place) for place, digit in enumerate(digits[:length])) * 10 % 11
        if rest % 10 != digits[length]:
            return False
    return True


def _is_card(digits: list[int]) -> bool:
    """Whether the number passes the Luhn check."""
    doubled = [2 * digit - 9 if digit > 4 else 2 * digit for digit in digits[-2::-2]]
    return (sum(digits[-1::-2]) + sum(doubled)) % 10 == 0
