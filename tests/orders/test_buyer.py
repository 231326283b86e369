"""Names, e-mails and CPFs of buyers: real ones pass, hostile ones are harmless or refused."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.core.errors import Invalid
from app.orders import checkout


@pytest.mark.parametrize(
    ("typed", "kept"),
    [
        ("  Ana   Souza ", "Ana Souza"),
        ("José d'Ávila-Gonçalves", "José d'Ávila-Gonçalves"),
        ("<img src=x onerror=alert(1)>", "<img src=x onerror=alert(1)>"),
        ("{{7*7}}a", "{{7*7}}a"),
        ("Ana\r\nBcc: all@example.com", "Ana Bcc: all@example.com"),
        ("‮Ana‬", "Ana"),
        ("محمد", "محمد"),
        ("Ana 🎬", "Ana 🎬"),
        ("Ana\x00\x07", "Ana"),
    ],
)
def test_names(typed: str, kept: str) -> None:
    assert checkout.checked_buyer(typed, "ana@example.com", "").name == kept


@pytest.mark.parametrize(
    ("name", "email", "cpf", "code"),
    [
        ("", "ana@example.com", "", "name.missing"),
        ("  ", "ana@example.com", "", "name.missing"),
        ("🎬", "ana@example.com", "", "name.no_letters"),
        ("...", "ana@example.com", "", "name.no_letters"),
        ("a" * 10_000, "ana@example.com", "", "name.too_long"),
        ("Ana", "", "", "email.missing"),
        ("Ana", "ana", "", "email.wrong"),
        ("Ana", "ana@", "", "email.wrong"),
        ("Ana", "ana@example.com\r\nBcc: all@example.com", "", "email.wrong"),
        ("Ana", "ana@example.com, eva@example.com", "", "email.wrong"),
        ("Ana", "a" * 10_000 + "@example.com", "", "email.wrong"),
        ("Ana", "ana@example.com", "111.111.111-11", "cpf.wrong"),
        ("Ana", "ana@example.com", "529.982.247-24", "cpf.wrong"),
        ("Ana", "ana@example.com", "5299822472", "cpf.wrong"),
        ("Ana", "ana@example.com", "٥٢٩٩٨٢٢٤٧٢٥", "cpf.wrong"),
        ("Ana", "ana@example.com", "none", "cpf.wrong"),
    ],
)
def test_invalid_buyers_are_refused(name: str, email: str, cpf: str, code: str) -> None:
    with pytest.raises(Invalid) as refused:
        checkout.checked_buyer(name, email, cpf)
    assert refused.value.code == code
    assert code in {problem.code for problem in checkout.buyer_problems(name, email, cpf)}


def test_all_errors_are_found_at_once() -> None:
    assert [one.field for one in checkout.buyer_problems("", "", "1")] == ["name", "email", "cpf"]
    assert checkout.buyer_problems("Ana", "ana@example.com", "") == []


@pytest.mark.parametrize(
    "typed",
    [
        "529.982.247-25",
        "52998224725",
        " 529 982 247 25 ",
        "\u200b529\u00a0982\u00a0247\u201125\ufeff",
        "529.982.247\u221225.",
        "CPF: 529.982.247-25",
        "\uff15\uff12\uff19982247\uff0d25",
    ],
)
def test_a_cpf_is_kept_as_digits(typed: str) -> None:
    assert checkout.checked_buyer("Ana", "ana@example.com", typed).cpf == "52998224725"


def test_a_cpf_of_invisible_characters_is_none() -> None:
    assert checkout.checked_buyer("Ana", "ana@example.com", "\u200b \ufeff").cpf is None


@given(st.text(alphabet="0123456789", min_size=9, max_size=9).filter(lambda digits: len(set(digits)) > 1))
def test_exactly_one_pair_of_check_digits_fits(nine: str) -> None:
    assert sum(checkout.is_cpf(f"{nine}{pair:02d}") for pair in range(100)) == 1


@given(st.text(max_size=300), st.text(max_size=300), st.text(max_size=40))
def test_nothing_breaks_it(name: str, email: str, cpf: str) -> None:
    try:
        found = checkout.checked_buyer(name, email, cpf)
    except Invalid:
        return
    assert "\n" not in found.name + found.email
    assert "\r" not in found.name + found.email
