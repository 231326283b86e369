"""QR codes drawn for paper and for pages can be read."""

from __future__ import annotations

import io
import re

import pytest
from PIL import Image, ImageDraw

from app.core import qr_symbol
from tests.qr_codes import read_qr_codes

TEXTS = ["BIL1ABCDEFGHIJKLMNOPQRSTUVWXYZ234567" * 4, "00020126580014br.gov.bcb.pix0136ação ★", "1"]


@pytest.mark.parametrize("text", TEXTS)
def test_a_qr_code_for_paper_can_be_read(text: str) -> None:
    drawn = Image.open(io.BytesIO(qr_symbol.png(text)))
    assert {color for _, color in drawn.convert("RGB").getcolors() or []} == {qr_symbol.INK, qr_symbol.PAPER}
    paper = Image.new("RGB", (drawn.width + 8, drawn.height + 8), "white")
    paper.paste(drawn, (4, 4))
    assert read_qr_codes(paper.resize((paper.width * 4, paper.height * 4), Image.Resampling.NEAREST)) == [
        text
    ]


@pytest.mark.parametrize("text", TEXTS)
def test_stored_rows_equal_a_new_drawing(text: str) -> None:
    stored = qr_symbol.drawn(text)
    assert qr_symbol.rows(text, stored) == qr_symbol.rows(text)
    assert len(stored) < 500
    other = text + "2"
    assert qr_symbol.rows(other, stored) == qr_symbol.rows(other), (
        "rows that belong to another text are not used"
    )


@pytest.mark.parametrize("is_stored", [True, False], ids=["stored", "drawn"])
@pytest.mark.parametrize("quiet", [4, 2])
@pytest.mark.parametrize("text", TEXTS)
def test_a_qr_code_for_a_page_can_be_read(text: str, quiet: int, is_stored: bool) -> None:
    stored = qr_symbol.drawn(text) if is_stored else None
    svg = qr_symbol.svg(text, stored, quiet=quiet)
    size = re.search(r'viewBox="0 0 (\d+) \1"', svg)
    assert size
    side = int(size[1])
    page = Image.new("L", (side, side), "white")
    pen = ImageDraw.Draw(page)
    for x, y, length in re.findall(r"M(\d+) (\d+)h(\d+)v1h-\3z", svg):
        pen.rectangle((int(x), int(y), int(x) + int(length) - 1, int(y)), fill="black")
    dark = page.point(lambda value: 255 - value).getbbox()
    assert dark == (quiet, quiet, side - quiet, side - quiet), "the quiet modules are empty"
    assert read_qr_codes(page.resize((side * 4, side * 4), Image.Resampling.NEAREST)) == [text]
