"""QR codes as pictures: inline SVG for pages, PNG for printed tickets.

Computing the modules of a symbol takes a few milliseconds of processor time. They are computed once and stored
beside the text (`drawn`); pages and PDFs only format them.
"""

from __future__ import annotations

import hashlib
import io
import re
from functools import lru_cache

INK, PAPER = (0x1B, 0x10, 0x06), (0xFF, 0xFF, 0xFF)
_DARK = re.compile(rb"\x01+")  # a run of dark modules is one rectangle
_DIGEST_BYTES = 8
_BITS = bytes.maketrans(b"01", b"\x00\x01")


def rows(text: str, stored: bytes | None = None) -> list[bytes]:
    """The modules of the symbol by row, 1 for a dark one, without the quiet zone.

    `stored` is the result of `drawn`. Without it, or if it belongs to another text (a process of an older version
    changed only the text), the symbol is computed.
    """
    if stored is not None and stored[:_DIGEST_BYTES] == _digest(text):
        side = stored[_DIGEST_BYTES]
        bits = int.from_bytes(stored[_DIGEST_BYTES + 1 :], "big")
        modules = f"{bits:0{side * side}b}".encode().translate(_BITS)
        return [modules[start : start + side] for start in range(0, side * side, side)]
    # Imported here: web processes format stored symbols, and save the memory.
    from qrcode.constants import ERROR_CORRECT_M
    from qrcode.main import QRCode

    # A fixed mask: for random text all masks are equally good, and comparing the eight takes several times as long.
    symbol = QRCode(error_correction=ERROR_CORRECT_M, mask_pattern=3, border=0)
    symbol.add_data(text)
    symbol.make()
    return [bytes(map(bool, row)) for row in symbol.get_matrix()]


def drawn(text: str) -> bytes:
    """The symbol of `text` in its stored form: a digest of the text, the number of modules a side, one bit a module."""
    modules = rows(text)
    side = len(modules)
    bits = int(b"".join(modules).translate(bytes.maketrans(b"\x00\x01", b"01")), 2)
    return _digest(text) + bytes([side]) + bits.to_bytes((side * side + 7) // 8, "big")


def _digest(text: str) -> bytes:
    return hashlib.blake2b(text.encode(), digest_size=_DIGEST_BYTES).digest()


@lru_cache(maxsize=32)  # some 15 KB each; to format a stored one again takes half a millisecond
def svg(text: str, stored: bytes | None = None, *, quiet: int = 4) -> str:
    """The symbol as SVG, with `quiet` empty modules around it, in the colour of the text. `stored`: see `rows`."""
    modules = rows(text, stored)
    side = len(modules) + 2 * quiet
    path = [
        f"M{start + quiet} {y}h{end - start}v1h-{end - start}z"
        for y, row in enumerate(modules, start=quiet)
        for start, end in map(re.Match.span, _DARK.finditer(row))
    ]
    return (
        f'<svg viewBox="0 0 {side} {side}" width="{side}" height="{side}" aria-hidden="true"'
        f' shape-rendering="crispEdges"><path fill="currentColor" d="{"".join(path)}"/></svg>'
    )


def png(text: str, stored: bytes | None = None) -> bytes:
    """The symbol as PNG, one pixel a module, without the quiet zone: the paper is white. `stored`: see `rows`."""
    from PIL import Image  # imported here: only the worker makes PDFs

    modules = rows(text, stored)
    picture = Image.frombytes("P", (len(modules), len(modules)), b"".join(modules))
    picture.putpalette([*PAPER, *INK])
    buffer = io.BytesIO()
    picture.save(buffer, "PNG", bits=1)
    return buffer.getvalue()
