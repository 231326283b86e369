"""Money is shown and read without ever being a float."""

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
def test_amounts_are_written_as_each_language_writes_them(
    centavos: int, portuguese: str, english: str
) -> None:
    assert format_money(centavos, "pt_BR") == portuguese.replace(" ", "\u00a0")
    assert format_money(centavos, "en") == english.replace(" ", "\u00a0")


def test_a_round_price_drops_its_cents_and_no_other_does() -> None:
    assert format_money_short(3800) == "R$\u00a038"
    assert format_money_short(3850) == "R$\u00a038,50"


@given(st.integers(min_value=0, max_value=99_999_99))
def test_what_was_written_is_read_back(centavos: int) -> None:
    assert parse_money(format_money(centavos, "en").replace(",", "")) == centavos


@pytest.mark.parametrize("text", ["", "-1", "1e3", "12,345", "R$", "trinta"])
def test_what_is_no_amount_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="not an amount"):
        parse_money(text)
