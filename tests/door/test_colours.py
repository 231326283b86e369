"""The colours of the verdicts: text has a contrast of at least 8.2 to 1, because it is read from a distance."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

STYLES = Path(__file__).resolve().parents[2] / "static" / "css"
KIND = re.compile(
    r'\[data-verdict="(\w+)"\]\) \{\s+--verdict: var\(--([\w-]+)\);\s+--verdict-ink: var\(--([\w-]+)\);\s+\}'
)
MIN_CONTRAST = 8.2


def kinds() -> list[tuple[str, str, str]]:
    """Each kind of verdict with its background and its text colour, from the CSS tokens."""
    tokens = (STYLES / "tokens.css").read_text().partition("@media")[0]
    colours = dict(re.findall(r"--([\w-]+): (#\w+);", tokens))
    found = KIND.findall((STYLES / "door.css").read_text())
    return [(kind, colours[ground], colours[ink]) for kind, ground, ink in found]


def luminance(colour: str) -> float:
    digits = colour[1:] if len(colour) == 7 else "".join(digit * 2 for digit in colour[1:])
    parts = [int(digits[at : at + 2], 16) / 255 for at in (0, 2, 4)]
    red, green, blue = (
        part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts
    )
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def contrast(one: str, other: str) -> float:
    lighter, darker = sorted((luminance(one), luminance(other)), reverse=True)
    return (lighter + 0.05) / (darker + 0.05)


@pytest.mark.parametrize(("kind", "ground", "ink"), kinds())
def test_letters_have_enough_contrast(kind: str, ground: str, ink: str) -> None:
    assert contrast(ground, ink) >= MIN_CONTRAST, kind


def test_there_are_four_kinds() -> None:
    assert [kind for kind, _, _ in kinds()] == ["in", "already", "elsewhere", "refused"]


def test_a_weak_contrast_is_found() -> None:
    assert contrast("#000", "#fff") == pytest.approx(21)
    assert contrast("#1d4f8c", "#ffc24a") < MIN_CONTRAST
