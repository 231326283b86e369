"""A scanner of another layout or suffix: a genuine ticket goes in, and nobody is called a forger for a keyboard."""

from __future__ import annotations

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from app.tickets import admission, qr, scanners
from app.tickets.service import codes_in
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
def test_a_genuine_ticket_goes_in_by_a_scanner_of_another_layout(
    issue: Issue, scanner: str, computer: str, case: type[str]
) -> None:
    for ticket in issue():
        given = case(type_on_layout(ticket.qr_text, scanner, computer))
        answer = admit(f"{given}\t")
        assert answer.verdict == "admitted"
        assert answer.ticket is not None
        assert answer.ticket.id == ticket.id


@pytest.mark.parametrize("computer", ["US", "ABNT2", "QWERTZ", "Spanish"])
def test_a_genuine_ticket_goes_in_with_shift_the_wrong_way_round(issue: Issue, computer: str) -> None:
    for ticket in issue():
        assert admit(invert_shift(ticket.qr_text, computer)).verdict == "admitted"


def test_one_sign_that_another_layout_has_there_is_put_back(issue: Issue) -> None:
    ticket = issue()[0]
    assert admit(ticket.qr_text.replace("BIL1", "BIL&")).verdict == "admitted"


@pytest.mark.parametrize("lead", ["]Q1", "Q", "\x1d", "]Q3 "])
def test_what_scanners_say_before_a_code_is_no_part_of_it(issue: Issue, lead: str) -> None:
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
def test_what_no_known_layout_explains_is_called_garbled(issue: Issue, garble: object) -> None:
    ticket = issue()[0]
    for _ in range(admission.MISSES_A_MINUTE + 1):  # it counts as nobody's guess
        assert admit(garble(ticket.qr_text), user_id=3).verdict == "garbled"  # type: ignore[operator]
    assert admit(ticket.code, user_id=3).verdict == "admitted"


def test_what_somebody_else_signed_is_forged_in_any_layout(issue: Issue) -> None:
    payload, _ = qr.read(issue()[0].qr_text)
    forged = qr.sign(payload, Ed25519PrivateKey.generate())
    assert admit(forged).verdict == "forged"
    assert admit(type_on_layout(forged, "US", "QWERTZ")).verdict == "forged"
    assert admit(type_on_layout(forged, "US", "AZERTY")).verdict == "garbled"


def test_a_genuine_text_is_put_back_for_itself_alone(issue: Issue) -> None:
    """A text that is right as it stands costs no other layouts."""
    text_ = issue()[0].qr_text
    assert text_ not in list(scanners.put_back(text_))


@pytest.mark.parametrize("between", ["\t", "\r\n", "\n", "\t\r\n", "", "\x1d"])
def test_several_codes_in_one_go_are_told_apart(issue: Issue, between: str) -> None:
    first, second = (ticket.qr_text for ticket in issue())
    assert codes_in(between.join((first, second, first, ""))) == [first, second]


def test_several_garbled_or_typed_codes_are_told_apart(issue: Issue) -> None:
    first, second = issue()
    german = [type_on_layout(ticket.qr_text, "US", "QWERTZ") for ticket in (first, second)]
    french = [type_on_layout(ticket.qr_text, "US", "AZERTY") for ticket in (first, second)]
    assert codes_in("\t".join(german)) == german
    assert codes_in("".join(french)) == french
    assert codes_in(f"{first.code}\r\n{second.code.lower()}\t") == [first.code, second.code.lower()]
    assert codes_in(f"]Q1{first.qr_text}\t]Q1{second.qr_text}\t") == [first.qr_text, second.qr_text]


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
def test_one_code_stays_one(one: str) -> None:
    assert codes_in(one) == [one]


def test_a_qr_text_that_was_broken_into_lines_is_one(issue: Issue) -> None:
    text_ = issue([FULL])[0].qr_text
    broken = f"{text_[:76]}\r\n{text_[76:]}\r\n"
    assert codes_in(broken) == [broken]
    assert admit(broken).verdict == "admitted"


def test_a_flood_of_codes_is_cut_short(issue: Issue) -> None:
    text_ = issue([FULL])[0].qr_text
    flood = "\t".join(
        text_[:-6] + f"{number:06d}".translate(str.maketrans("0189", "ABCD")) for number in range(60)
    )
    assert len(codes_in(flood)) == scanners.MOST_CODES + 1
    assert len(codes_in("\t" * 1_000_000)) == 1
