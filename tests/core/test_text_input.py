"""Typed and pasted text is normalised to what is displayed."""

from __future__ import annotations

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.core.text_input import canonical_line, visible_line


@pytest.mark.parametrize(
    ("typed", "kept"),
    [
        ("\ufeffAna\u200b So\u2060uza\u200f", "Ana Souza"),
        ("Ana\u00a0\u3000\t Souza\r\n", "Ana Souza"),
        ("An\u00ada", "Ana"),
        ("Jose\u0301", "Jos\u00e9"),
        ("\u3164\u2800", ""),
        ("Ana\u200d", "Ana"),
        (
            "\u0646\u0645\u06cc\u200c\u062f\u0627\u0646\u0645",
            "\u0646\u0645\u06cc\u200c\u062f\u0627\u0646\u0645",
        ),
        ("\u0915\u094d\u200d\u0937", "\u0915\u094d\u200d\u0937"),
        ("\u845b\U000e0100城", "\u845b\U000e0100城"),
    ],
)
def test_invisible_characters_are_removed_unless_a_script_needs_them(typed: str, kept: str) -> None:
    assert visible_line(typed) == kept


@pytest.mark.parametrize(
    ("typed", "kept"),
    [("\uff21\uff11\uff0d", "A1-"), ("\ufb01", "fi"), ("1\ufe0f", "1"), ("stra\u00dfe", "stra\u00dfe")],
)
def test_equal_spellings_become_one(typed: str, kept: str) -> None:
    assert canonical_line(typed) == kept


@given(st.text(max_size=60))
def test_normalising_twice_changes_nothing(typed: str) -> None:
    for reading in (visible_line, canonical_line):
        once = reading(typed)
        assert reading(once) == once
        assert unicodedata.is_normalized("NFC", once)
        assert not any(unicodedata.category(sign) == "Cc" for sign in once)
