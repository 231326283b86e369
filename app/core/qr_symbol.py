"""A QR code drawn: inline SVG for pages, PNG for paper."""

from __future__ import annotations

import io
import re
from functools import lru_cache

from PIL import Image
from qrcode.constants import ERROR_CORRECT_M
from qrcode.main import QRCode

INK, PAPER = (0x1B, 0x10, 0x06), (0xFF, 0xFF, 0xFF)
_DARK = re.compile(rb"\x01+")  # what stands side by side is one stroke


def rows(text: str) -> list[bytes]:
    """The modules of the symbol, 1 for a dark one, without the quiet ones around them."""
    # One mask is as good as another for text without a pattern; choosing among eight costs several times the time.
    symbol = QRCode(error_correction=ERROR_CORRECT_M, mask_pattern=3, border=0)
    symbol.add_data(text)
    symbol.make()
    return [bytes(map(bool, row)) for row in symbol.get_matrix()]


@lru_cache(maxsize=512)
def svg(text: str, quiet: int = 4) -> str:
    """With `quiet` empty modules around it, in the colour of the text around it."""
    modules = rows(text)
    side = len(modules) + 2 * quiet
    path = [
        f"M{dark.start() + quiet} {y}h{dark.end() - dark.start()}v1h-{dark.end() - dark.start()}z"
        for y, row in enumerate(modules, start=quiet)
        for dark in _DARK.finditer(row)
    ]
    return (
        f'<svg viewBox="0 0 {side} {side}" width="{side}" height="{side}" aria-hidden="true"'
        f' shape-rendering="crispEdges"><path fill="currentColor" d="{"".join(path)}"/></svg>'
    )


def png(text: str) -> bytes:
    """A pixel a module, two colours, without the quiet margin: the paper around it is white."""
    modules = rows(text)
    picture = Image.frombytes("P", (len(modules), len(modules)), b"".join(modules))
    picture.putpalette([*PAPER, *INK])
    buffer = io.BytesIO()
    picture.save(buffer, "PNG", bits=1)
    return buffer.getvalue()
