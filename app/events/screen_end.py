"""Find the end of a pretix seating plan at which the screen is, by the texts on the plan: the format has no field."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator, Sequence
from typing import Any

from app.events.auditorium_plans import PlanError

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
    """Return `top` or `bottom` and a note on the reason; `heights` are the y of the seats. Raises PlanError if unclear.

    Without a text on the plan the result is `top`, and the note asks to check it.
    """
    texts = list(_screen_texts(plan))
    ends = {_end(y, heights) for _, y in texts}
    names = ", ".join(dict.fromkeys(repr(text) for text, _ in texts))
    if not texts:
        return "top", (
            "nothing on the plan says where the screen is, so it is taken to be at the top: is it? "
            "say it in the column screen, top or bottom"
        )
    if len(ends) > 1 or "" in ends:
        where = "between the seats or beside them" if "" in ends else "at both ends"
        raise PlanError(
            f"at which end is the screen? {names} stands {where}: say it in the column screen, top or bottom"
        )
    end = ends.pop()
    return end, f"the screen is taken to be at the {end}, where the plan says {names}"


def _end(y: float, heights: Sequence[float]) -> str:
    if y < min(heights):
        return "top"
    return "bottom" if y > max(heights) else ""


def _screen_texts(plan: dict[str, Any]) -> Iterator[tuple[str, float]]:
    """Yield the texts that name a screen or a stage, with their y."""
    for zone in plan["zones"]:
        for area in zone.get("areas") or ():
            written = area.get("text") or {}
            text = str(written.get("text") or "")
            if _names_screen(text):
                parts = [part.get("position") or {"y": 0} for part in (zone, area, written)]
                yield " ".join(text.split()), sum(float(part["y"]) for part in parts)


def _names_screen(text: str) -> bool:
    """Return whether a text names a screen or a stage: `Palco`, `TELA / SCREEN`, `S T A G E`."""
    plain = unicodedata.normalize("NFKD", text).encode("ascii", "ignore").decode().upper()
    words = re.findall("[A-Z]+", plain)
    return "".join(words) in WORDS or not WORDS.isdisjoint(words)
