"""The bytes that go to the printer."""

from __future__ import annotations

from typing import Any

import pytest

from kiosk.device.config import PrinterConfig
from kiosk.device.printing.code_page import printable
from kiosk.device.printing.documents import parse_job
from kiosk.device.printing.rendering import render

ESC, GS = b"\x1b", b"\x1d"
ACCENTS = "ÁÀÂÃÇÉÊÍÓÔÕÚÜ áàâãçéêíóôõúü ñ º ª"


def sheet(*blocks: dict[str, Any], **printer: Any) -> bytes:
    job = parse_job({"id": "ticket-0001", "kind": "ticket", "blocks": list(blocks)})
    return render(job, PrinterConfig(**printer))


def text(value: str) -> dict[str, str]:
    return {"type": "text", "text": value}


def test_a_sheet_byte_for_byte() -> None:
    made = sheet(
        {"type": "heading", "text": "São Paulo"},
        {"type": "pair", "left": "Inteira", "right": "R$ 38,00"},
        {"type": "qr", "data": "BIL1"},
        columns=24,
    )
    assert made == b"".join(
        [
            ESC + b"@", ESC + b"t\x03",  # code page 860
            ESC + b"!\x00", ESC + b"!\x00", ESC + b"!\x30", ESC + b"E\x01", ESC + b"a\x01", b"S\x84o Paulo\n",
            ESC + b"!\x00", ESC + b"!\x00", ESC + b"!\x00", ESC + b"E\x00", ESC + b"a\x00",
            b"Inteira         R$ 38,00\n",
            ESC + b"!\x00", ESC + b"!\x00", ESC + b"!\x00", ESC + b"E\x00", ESC + b"a\x01",
            GS + b"(k\x04\x001A2\x00", GS + b"(k\x03\x001C\x06", GS + b"(k\x03\x001E1",
            GS + b"(k\x07\x001P0BIL1", GS + b"(k\x03\x001Q0", b"\n",
            ESC + b"d\x06", GS + b"V\x00",
        ]
    )  # fmt: skip


@pytest.mark.parametrize(("code_page", "number"), [("CP860", 3), ("CP850", 2), ("CP858", 19), ("CP1252", 16)])
def test_the_letters_of_portuguese_are_printed_in_each_code_page(code_page: str, number: int) -> None:
    made = sheet(text(ACCENTS), code_page=code_page)
    assert ESC + b"t" + bytes([number]) in made
    assert made.count(ESC + b"t") == 1  # a printer that is told its code page once cannot lose it in a line
    assert ACCENTS.encode(code_page) in made


def test_letters_that_are_given_apart_from_their_accents_are_printed_as_one() -> None:
    assert "São".encode("CP860") in sheet(text("Sa\u0303o"))


@pytest.mark.parametrize(
    ("given", "printed"),
    [
        ("“Ainda Estou Aqui” – 20h…", '"Ainda Estou Aqui" - 20h...'),
        ("L’Été", "L'Été"),
        ("Łódź Škoda", "?ódz Skoda"),
        ("映画", "??"),
        ("a\u00a0b", "a b"),
        ("x\x1b@\x1dV\x00y\nz\u202e", "x @ V yz ".replace("yz", "y z")),
    ],
)
def test_what_the_code_page_lacks_is_written_plainly(given: str, printed: str) -> None:
    assert printable(given, "CP850") == printed


def test_a_text_cannot_command_the_printer() -> None:
    """`ESC p` opens a cash drawer, `GS V` cuts."""
    made = sheet(text("Nosferatu\x1bp\x00\x10\x10\x1dV\x00"))
    assert ESC + b"p" not in made
    assert made.count(GS + b"V") == 1


def test_long_lines_are_broken_between_words_and_the_amount_stays_at_the_right() -> None:
    made = sheet({"type": "pair", "left": "Combo da casa com pipoca grande", "right": "R$ 59,00"}, columns=32)
    assert b"Combo da casa com\npipoca grande           R$ 59,00\n" in made


def test_a_heading_has_half_as_many_letters_in_a_line() -> None:
    assert b"O Gabinete do\nDoutor Caligari\n" in sheet(
        {"type": "heading", "text": "O Gabinete do Doutor Caligari"}, columns=32
    )
