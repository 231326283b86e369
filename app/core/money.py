"""Formatting and parsing of money. Amounts are integer centavos everywhere."""

from __future__ import annotations

import re

_AMOUNT = re.compile(r"^(?:R\$)?\s*(\d{1,7})(?:[.,](\d{1,2}))?$")


def format_money(centavos: int, locale: str = "pt_BR") -> str:
    """3800 as `R$ 38,00` (pt_BR) or `R$ 38.00` (en), with a no-break space."""
    whole, cents = divmod(abs(centavos), 100)
    sign = "-" if centavos < 0 else ""
    if locale.startswith("pt"):
        return f"{sign}R$\u00a0{whole:,}".replace(",", ".") + f",{cents:02d}"
    return f"{sign}R$\u00a0{whole:,}.{cents:02d}"


def format_money_short(centavos: int, locale: str = "pt_BR") -> str:
    """An amount as in `format_money`, without cents if it is whole: `R$ 38`."""
    full = format_money(centavos, locale)
    return full[:-3] if centavos % 100 == 0 else full


def parse_money(text: str) -> int:
    """`38`, `38,5`, `38.50` or `R$ 38,00` in centavos. Raises ValueError."""
    match = _AMOUNT.match(text.strip().replace("\u00a0", " "))
    if match is None:
        raise ValueError(f"not an amount: {text!r}")
    return int(match[1]) * 100 + int((match[2] or "0").ljust(2, "0"))
