"""E-mail addresses and names are kept, compared and used in one normal spelling."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.adapters.host_names import ascii_address
from app.core.contact import checked_email, checked_name, email_for_lookup
from app.core.errors import Invalid


@pytest.mark.parametrize(
    ("typed", "kept", "on_the_wire"),
    [
        ("ana@stra\u00dfe.example", "ana@stra\u00dfe.example", "ana@xn--strae-oqa.example"),
        ("ana@xn--strae-oqa.example", "ana@stra\u00dfe.example", "ana@xn--strae-oqa.example"),
        ("ANA@XN--STRAE-OQA.example", "ana@stra\u00dfe.example", "ana@xn--strae-oqa.example"),
        ("ana@strasse.example", "ana@strasse.example", "ana@strasse.example"),
        ("ana@pra\u00e7a.example", "ana@pra\u00e7a.example", "ana@xn--praa-2oa.example"),
        ("ana@prac\u0327a.example", "ana@pra\u00e7a.example", "ana@xn--praa-2oa.example"),
        ("ana@PRA\u00c7A.example", "ana@pra\u00e7a.example", "ana@xn--praa-2oa.example"),
        ("ana@xn--praa-2oa.example", "ana@pra\u00e7a.example", "ana@xn--praa-2oa.example"),
        ("ana@\u03c3\u03b1\u03c2.example", "ana@\u03c3\u03b1\u03c2.example", "ana@xn--mxa8ab.example"),
        ("ana@\u4f8b\u3048\u3002example", "ana@\u4f8b\u3048.example", "ana@xn--r8jz45g.example"),
    ],
)
def test_a_domain_has_one_spelling_and_its_ascii_form_is_sent(
    typed: str, kept: str, on_the_wire: str
) -> None:
    assert checked_email(typed) == email_for_lookup(typed) == kept
    assert ascii_address(kept) == on_the_wire


@pytest.mark.parametrize("unseen", ["\u200b", "\ufeff", "\u2060", "\u200f", "\u200d", "\u00ad", "\u202a"])
@pytest.mark.parametrize(
    "shape", ["{}ana@example.com", "an{}a@example.com", "ana@exam{}ple.com", "ana@example.com{}"]
)
def test_invisible_characters_are_removed_from_an_email(unseen: str, shape: str) -> None:
    assert checked_email(shape.format(unseen)) == "ana@example.com"


@pytest.mark.parametrize(
    "typed",
    [
        "mailto:ana@example.com",
        "MAILTO:ana%40example.com?subject=Ol%C3%A1",
        "<ana@example.com>",
        "<mailto:ana@example.com>",
        "Ana Souza <ana@example.com>",
        '"Souza, Ana" <ana@example.com>;',
        "ana@example.com.",
        "ana@example.com,",
        "(ana@example.com)",
        "\u201cana@example.com\u201d",
        "'ana@example.com'",
        "\u00a0ana@example.com\u00a0",
        "ana\uff20example\uff0ecom",
        "Ana@Example.COM",
    ],
)
def test_characters_added_by_copying_are_removed(typed: str) -> None:
    assert checked_email(typed) == "ana@example.com"


@pytest.mark.parametrize(
    "kept", ["o'brien@example.com", "'ana@example.com", "ana+filme@example.com", "a.n_a-1@example.com"]
)
def test_permitted_punctuation_of_an_email_stays(kept: str) -> None:
    assert checked_email(kept) == kept


@pytest.mark.parametrize(
    ("typed", "code"),
    [
        ("", "email.missing"),
        ("\u200b", "email.missing"),
        ("<>", "email.missing"),
        ("mailto:", "email.missing"),
        ("mailto:" * 100_000, "email.wrong"),
        ("ana", "email.wrong"),
        ("<a@one.example>, <b@two.example>", "email.wrong"),
        ("a@one.example <b@two.example>", "email.wrong"),
        ("mailto:ana%0d%0aBcc:b@two.example", "email.wrong"),
        ("an\u00e1@example.com", "email.wrong"),
        ("ana@exa mple.com", "email.wrong"),
        ("ana@xn--zzzzzz99.example", "email.wrong"),
        ("ana@stra\u00dfe." + "e" * 260, "email.wrong"),
    ],
)
def test_an_invalid_email_is_refused_and_matches_nothing(typed: str, code: str) -> None:
    with pytest.raises(Invalid) as refused:
        checked_email(typed)
    assert refused.value.code == code
    assert len(email_for_lookup(typed)) <= 254


@given(st.emails() | st.from_regex(r"[a-z]{1,9}@[\w\u200c\u200d-]{1,12}\.example", fullmatch=True))
def test_normalising_twice_changes_nothing(typed: str) -> None:
    try:
        kept = checked_email(typed)
    except Invalid:
        return
    assert checked_email(kept) == kept
    assert checked_email(ascii_address(kept)) == kept


def test_a_name_is_kept_as_it_is_displayed() -> None:
    assert checked_name("\ufeffJose\u0301\u200b  da\u00a0Silva\u2060") == "Jos\u00e9 da Silva"
    with pytest.raises(Invalid, match=r"name\.missing"):
        checked_name("\u200b\u3164")
