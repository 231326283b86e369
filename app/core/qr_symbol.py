"""QR codes: drawn once and kept beside their text; as inline SVG for pages, as PNG for paper.

Drawing costs a few milliseconds of processor time, so the modules are stored where the text is stored (`drawn`), and
pages and PDFs only lay them out.
"""

from __future__ import annotations

import hashlib
import io
import re
from functools import lru_cache

from PIL import Image
from qrcode.constants import ERROR_CORRECT_M
from qrcode.main import QRCode

INK, PAPER = (0x1B, 0x10, 0x06), (0xFF, 0xFF, 0xFF)
_DARK = re.compile(rb"\x01+")  # what stands side by side is one stroke
_DIGEST_BYTES = 8
_BITS = bytes.maketrans(b"01", b"\x00\x01")


def rows(text: str, stored: bytes | None = None) -> list[bytes]:
    """The modules of the symbol, 1 for a dark one, without the quiet ones around them.

    `stored` is what `drawn` gave for the text. Without it, or where it belongs to another text (a process of an older
    version changed only the text), the symbol is drawn here.
    """
    if stored is not None and stored[:_DIGEST_BYTES] == _digest(text):
        side = stored[_DIGEST_BYTES]
        bits = int.from_bytes(stored[_DIGEST_BYTES + 1 :], "big")
        modules = f"{bits:0{side * side}b}".encode().translate(_BITS)
        return [modules[start : start + side] for start in range(0, side * side, side)]
    # One mask is as good as another for text without a pattern; choosing among eight costs several times the time.
    symbol = QRCode(error_correction=ERROR_CORRECT_M, mask_pattern=3, border=0)
    symbol.add_data(text)
    symbol.make()
    return [bytes(map(bool, row)) for row in symbol.get_matrix()]


def drawn(text: str) -> bytes:
    """The symbol of `text` to be stored: a digest of the text, the modules of a side, and a bit a module, by row."""
    modules = rows(text)
    side = len(modules)
    bits = int(b"".join(modules).translate(bytes.maketrans(b"\x00\x01", b"01")), 2)
    return _digest(text) + bytes([side]) + bits.to_bytes((side * side + 7) // 8, "big")


def _digest(text: str) -> bytes:
    return hashlib.blake2b(text.encode(), digest_size=_DIGEST_BYTES).digest()


@lru_cache(maxsize=512)
def svg(text: str, stored: bytes | None = None, *, quiet: int = 4) -> str:
    """With `quiet` empty modules around it, in the colour of the text around it. `stored`: see `rows`."""
    modules = rows(text, stored)
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


def png(text: str, stored: bytes | None = None) -> bytes:
    """A pixel a module, two colours, without the quiet margin: the paper around it is white. `stored`: see `rows`."""
    modules = rows(text, stored)
    picture = Image.frombytes("P", (len(modules), len(modules)), b"".join(modules))
    picture.putpalette([*PAPER, *INK])
    buffer = io.BytesIO()
    picture.save(buffer, "PNG", bits=1)
    return buffer.getvalue()
