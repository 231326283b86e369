"""Amounts in centavos are formatted and parsed without floating point."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.core.money import format_money, format_money_short, parse_money


@pytest.mark.parametrize(
    ("centavos", "portuguese", "english"),
    [
        (3800, "R$ 38,00", "R$ 38.00"),
        (5, "R$ 0,05", "R$ 0.05"),
        (123456, "R$ 1.234,56", "R$ 1,234.56"),
        (-1900, "-R$ 19,00", "-R$ 19.00"),
    ],
)
def test_amounts_are_written_for_each_language(centavos: int, portuguese: str, english: str) -> None:
    assert format_money(centavos, "pt_BR") == portuguese.replace(" ", "\u00a0")
    assert format_money(centavos, "en") == english.replace(" ", "\u00a0")


def test_only_a_price_in_whole_reais_omits_the_centavos() -> None:
    assert format_money_short(3800) == "R$\u00a038"
    assert format_money_short(3850) == "R$\u00a038,50"


@given(st.integers(min_value=0, max_value=99_999_99))
def test_a_formatted_amount_is_parsed_again(centavos: int) -> None:
    assert parse_money(format_money(centavos, "en").replace(",", "")) == centavos


@pytest.mark.parametrize("text", ["", "-1", "1e3", "12,345", "R$", "trinta"])
def test_an_invalid_amount_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="not an amount"):
        parse_money(text)
