"""Scanners with another keyboard layout, prefix or suffix: valid tickets are admitted and never called forged."""

from __future__ import annotations

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from app.tickets import qr, scanned_text, scanner_input
from app.tickets.service import split_codes
from tests.tickets.conftest import FULL, Issue, admit
from tests.tickets.keyboard_layouts import invert_shift, type_on_layout

PAIRS = [
    ("US", "QWERTZ"),
    ("QWERTZ", "US"),
    ("US", "AZERTY"),
    ("AZERTY", "US"),
    ("US", "Belgian"),
    ("AZERTY", "ABNT2"),
    ("AZERTY", "Spanish"),
    ("QWERTZ", "AZERTY"),
    ("AZERTY", "QWERTZ"),
    ("US", "Czech"),
    ("US", "ABNT2"),
    ("ABNT2", "Spanish"),
]


@pytest.mark.parametrize(("scanner", "computer"), PAIRS)
@pytest.mark.parametrize("case", [str, str.swapcase])
def test_a_ticket_is_admitted_by_a_scanner_of_another_layout(
    issue: Issue, scanner: str, computer: str, case: type[str]
) -> None:
    for ticket in issue():
        given = case(type_on_layout(ticket.qr_text, scanner, computer))
        answer = admit(f"{given}\t")
        assert answer.verdict == "admitted"
        assert answer.ticket is not None
        assert answer.ticket.id == ticket.id


@pytest.mark.parametrize("computer", ["US", "ABNT2", "QWERTZ", "Spanish"])
def test_a_ticket_is_admitted_with_inverted_shift(issue: Issue, computer: str) -> None:
    for ticket in issue():
        assert admit(invert_shift(ticket.qr_text, computer)).verdict == "admitted"


def test_a_single_character_of_another_layout_is_translated(issue: Issue) -> None:
    ticket = issue()[0]
    assert admit(ticket.qr_text.replace("BIL1", "BIL&")).verdict == "admitted"


@pytest.mark.parametrize("lead", ["]Q1", "Q", "\x1d", "]Q3 "])
def test_a_scanners_prefix_is_removed(issue: Issue, lead: str) -> None:
    assert admit(lead + issue()[0].qr_text).verdict == "admitted"


@pytest.mark.parametrize(
    "garble",
    [
        lambda text: type_on_layout(text, "US", "Russian"),
        lambda text: text[:100] + "~" + text[101:],
        lambda text: text[:50] + "01" + text[52:],
        lambda text: type_on_layout(text, "US", "AZERTY")[:-4],
    ],
)
def test_a_text_of_an_unknown_layout_is_garbled(issue: Issue, garble: object) -> None:
    ticket = issue()[0]
    for _ in range(scanned_text.MISSES_PER_MINUTE + 1):  # it does not count as a miss
        assert admit(garble(ticket.qr_text), user_id=3).verdict == "garbled"  # type: ignore[operator]
    assert admit(ticket.code, user_id=3).verdict == "admitted"


def test_a_forged_qr_is_forged_in_any_layout(issue: Issue) -> None:
    payload, _ = qr.decode(issue()[0].qr_text)
    forged = qr.sign(payload, Ed25519PrivateKey.generate())
    assert admit(forged).verdict == "forged"
    assert admit(type_on_layout(forged, "US", "QWERTZ")).verdict == "forged"
    assert admit(type_on_layout(forged, "US", "AZERTY")).verdict == "garbled"


def test_a_correct_text_has_no_variants(issue: Issue) -> None:
    """A text with a valid signature is not translated."""
    text_ = issue()[0].qr_text
    assert text_ not in list(scanner_input.layout_variants(text_))


@pytest.mark.parametrize("between", ["\t", "\r\n", "\n", "\t\r\n", "", "\x1d"])
def test_several_codes_in_one_field_are_split(issue: Issue, between: str) -> None:
    first, second = (ticket.qr_text for ticket in issue())
    assert split_codes(between.join((first, second, first, ""))) == [first, second]


def test_several_garbled_or_typed_codes_are_split(issue: Issue) -> None:
    first, second = issue()
    german = [type_on_layout(ticket.qr_text, "US", "QWERTZ") for ticket in (first, second)]
    french = [type_on_layout(ticket.qr_text, "US", "AZERTY") for ticket in (first, second)]
    assert split_codes("\t".join(german)) == german
    assert split_codes("".join(french)) == french
    assert split_codes(f"{first.code}\r\n{second.code.lower()}\t") == [first.code, second.code.lower()]
    assert split_codes(f"]Q1{first.qr_text}\t]Q1{second.qr_text}\t") == [first.qr_text, second.qr_text]


@pytest.mark.parametrize(
    "one",
    [
        "",
        "K7QF 2M9 XRT",
        "K7QF\tM9XRT2",
        "https://example.com/a\nb",
        "BEGIN:VCARD\r\nFN:Ana\r\nEND:VCARD",
        "ltz\n4720",
    ],
)
def test_a_single_code_is_not_split(one: str) -> None:
    assert split_codes(one) == [one]


def test_a_qr_text_broken_into_lines_is_not_split(issue: Issue) -> None:
    text_ = issue([FULL])[0].qr_text
    broken = f"{text_[:76]}\r\n{text_[76:]}\r\n"
    assert split_codes(broken) == [broken]
    assert admit(broken).verdict == "admitted"


def test_the_number_of_codes_is_limited(issue: Issue) -> None:
    text_ = issue([FULL])[0].qr_text
    flood = "\t".join(
        text_[:-6] + f"{number:06d}".translate(str.maketrans("0189", "ABCD")) for number in range(60)
    )
    assert len(split_codes(flood)) == scanner_input.MAX_CODES + 1
    assert len(split_codes("\t" * 1_000_000)) == 1
