"""How large a line can be: large words are shrunk, narrowed or broken until they fit, and never cut."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from app.adapters.pdf import Font

POINT = 25.4 / 72  # millimetres
SPACING = 0.01  # em between letters, as the style sheet sets it
LEAST, MOST = 4.0, 48.0  # points
_LONGEST = 300
_LONGEST_WORD = 40


@dataclass(frozen=True, slots=True)
class Lettering:
    """Lines in one font and size: `font` is a name of the printer's, `size` in points."""

    lines: tuple[str, ...]
    font: str
    size: float

    @property
    def size_class(self) -> str:
        """The class of the style sheet that sets this size: styles of their own would cost each page its time."""
        return f"s{round(self.size * 2)}"


def size_rules() -> str:
    """The style sheet's rules for all sizes, in half points."""
    return "".join(
        f".s{half} {{ font-size: {half / 2}pt }}\n" for half in range(round(LEAST * 2), round(MOST * 2) + 1)
    )


def fit_line(text: str, fonts: dict[str, Font], names: Sequence[str], width: float, size: float) -> Lettering:
    """One line within `width` mm: the first font that fits at `size`, else the narrowest, smaller."""
    for name in names:
        if _width(text, fonts[name]) * size * POINT <= width:
            return Lettering((text,), name, int(size * 2) / 2)
    return Lettering((text,), names[-1], _largest((text,), fonts[names[-1]], width, size))


def fit_title(
    text: str, fonts: dict[str, Font], names: Sequence[str], width: float, height: float
) -> Lettering:
    """Within `width` and `height` mm: one line first, narrower next, then two and more lines."""
    text = text if len(text) <= _LONGEST else text[: _LONGEST - 1] + "…"
    one = fit_line(text, fonts, names, width, height / POINT)
    best = one
    for count in range(2, 9):
        if best.size * POINT >= height / count:  # more lines could only be smaller
            return best
        lines = _break(_words(text), count, fonts[names[-1]])
        for name in names:
            size = _largest(lines, fonts[name], width, height / len(lines) / POINT)
            if size > best.size * 1.05:
                best = Lettering(lines, name, size)
    return best


def _words(text: str) -> list[str]:
    """What may stand on a line of its own; nobody's word is longer than this, and what is, is broken."""
    return [
        word[at : at + _LONGEST_WORD] for word in text.split(" ") for at in range(0, len(word), _LONGEST_WORD)
    ]


def _break(words: list[str], count: int, font: Font) -> tuple[str, ...]:
    """At most `count` lines, the longest of them as short as can be."""
    low = max(_width(word, font) for word in words)
    high = _width(" ".join(words), font)
    for _ in range(12):
        middle = (low + high) / 2
        if len(_fill(words, middle, font)) <= count:
            high = middle
        else:
            low = middle
    return tuple(_fill(words, high, font))


def _fill(words: list[str], width: float, font: Font) -> list[str]:
    lines: list[str] = []
    for word in words:
        if lines and _width(f"{lines[-1]} {word}", font) <= width:
            lines[-1] += f" {word}"
        else:
            lines.append(word)
    return lines


def _largest(lines: Sequence[str], font: Font, width: float, size: float) -> float:
    widest = max(_width(line, font) for line in lines)
    largest = width / (widest * POINT) if widest else size
    return max(LEAST, int(min(size, largest) * 2) / 2)


def _width(text: str, font: Font) -> float:
    return font.width(text) + SPACING * len(text)
