"""The QR as a picture: PNG for paper, SVG for pages."""

from __future__ import annotations

import io
from functools import lru_cache

import segno

QUIET_MODULES = 4


def _drawn(text: str) -> segno.QRCode:
    # One mask is as good as another for signed noise, and choosing among eight costs five times the time.
    return segno.make_qr(text, error="m", boost_error=False, mask=3)


def png(text: str) -> bytes:
    """A pixel a module, without the quiet margin: the paper around it is white."""
    buffer = io.BytesIO()
    _drawn(text).save(buffer, kind="png", scale=1, border=0, dark="#1b1006", light="#fff")
    return buffer.getvalue()


@lru_cache(maxsize=512)
def svg(text: str) -> str:
    """Inline SVG with its four quiet modules, in the colour of the text around it."""
    code = _drawn(text)
    side = code.symbol_size(border=QUIET_MODULES)[0]
    path = []
    for y, row in enumerate(code.matrix, start=QUIET_MODULES):
        x = 0
        while x < len(row):
            start = x
            while x < len(row) and row[x]:
                x += 1
            if x > start:
                path.append(f"M{start + QUIET_MODULES} {y}h{x - start}v1h-{x - start}z")
            x += 1
    return (
        f'<svg viewBox="0 0 {side} {side}" width="{side}" height="{side}" aria-hidden="true"'
        f' shape-rendering="crispEdges"><path fill="currentColor" d="{"".join(path)}"/></svg>'
    )
