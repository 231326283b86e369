"""Which end of a pretix seating plan the screen is at: the format cannot say it, but most plans write it down."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator, Sequence
from typing import Any

from app.events.rooms import BadRoom

WORDS = frozenset(
    {
        "TELA",
        "PALCO",
        "SCREEN",
        "STAGE",
        "PANTALLA",
        "ESCENARIO",
        "ECRA",
        "ECRAN",
        "SCENE",
        "LEINWAND",
        "BUHNE",
    }
)


def screen_end(plan: dict[str, Any], heights: Sequence[float]) -> tuple[str, str]:
    """(`top` or `bottom`, a note on how it was told); `heights` are the seats' y. Raises BadRoom where it cannot tell.

    Where nothing is written it is the top, as of a room's lines; the note asks whether that is so.
    """
    texts = list(_texts(plan))
    ends = {_end(y, heights) for _, y in texts}
    said = ", ".join(dict.fromkeys(repr(text) for text, _ in texts))
    if not texts:
        return "top", (
            "nothing on the plan says where the screen is, so it is taken to be at the top: is it? "
            "say it in the column screen, top or bottom"
        )
    if len(ends) > 1 or "" in ends:
        where = "between the seats or beside them" if "" in ends else "at both ends"
        raise BadRoom(
            f"at which end is the screen? {said} stands {where}: say it in the column screen, top or bottom"
        )
    end = ends.pop()
    return end, f"the screen is taken to be at the {end}, where the plan says {said}"


def _end(y: float, heights: Sequence[float]) -> str:
    if y < min(heights):
        return "top"
    return "bottom" if y > max(heights) else ""


def _texts(plan: dict[str, Any]) -> Iterator[tuple[str, float]]:
    """What is written on the plan of a screen or a stage, and how far down."""
    for zone in plan["zones"]:
        for area in zone.get("areas") or ():
            written = area.get("text") or {}
            text = str(written.get("text") or "")
            if _tells(text):
                parts = [part.get("position") or {"y": 0} for part in (zone, area, written)]
                yield " ".join(text.split()), sum(float(part["y"]) for part in parts)


def _tells(text: str) -> bool:
    """`Palco`, `TELA / SCREEN`, `S T A G E`."""
    plain = unicodedata.normalize("NFKD", text).encode("ascii", "ignore").decode().upper()
    words = re.findall("[A-Z]+", plain)
    return "".join(words) in WORDS or not WORDS.isdisjoint(words)
