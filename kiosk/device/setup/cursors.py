"""A cursor theme whose pointer is one transparent dot, for screens that are touched."""

from __future__ import annotations

import struct

from kiosk.device.setup import places

_IMAGE = 0xFFFD0002  # the type of a picture in an Xcursor file
_NAMES = ("default", "left_ptr", "pointer", "text", "grab", "grabbing", "hand2", "xterm", "wait", "progress")


def transparent_cursor() -> bytes:
    """One picture of 1 x 1 dots (the format is that of libXcursor)."""
    header = b"Xcur" + struct.pack("<III", 16, 0x00010000, 1)
    contents = struct.pack("<III", _IMAGE, 24, 28)
    picture = struct.pack("<IIIIIIIII", 36, _IMAGE, 24, 1, 1, 1, 0, 0, 0)
    return header + contents + picture + struct.pack("<I", 0)


def files() -> dict[str, bytes]:
    """By their paths in the theme."""
    theme = f"[Icon Theme]\nName={places.CURSORS.name}\n".encode()
    return {"index.theme": theme} | {f"cursors/{name}": transparent_cursor() for name in _NAMES}
