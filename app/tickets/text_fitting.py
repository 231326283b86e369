"""The largest font size at which a text fits: it is shrunk, narrowed or broken into lines, and never cut."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from app.adapters.pdf import Font

POINT = 25.4 / 72  # millimetres
LETTER_SPACING = 0.01  # em between letters, as the style sheet sets it
SMALLEST, LARGEST = 4.0, 48.0  # points
_MAX_CHARACTERS = 300
_MAX_WORD = 40


@dataclass(frozen=True, slots=True)
class FittedText:
    """Lines in one font and size: `font` is a name in `Printer.fonts`, `size` in points."""

    lines: tuple[str, ...]
    font: str
    size: float

    @property
    def size_class(self) -> str:
        """The CSS class for this size: inline styles make rendering slower."""
        return f"s{round(self.size * 2)}"


def size_rules() -> str:
    """The CSS rules for all sizes, in steps of half a point."""
    return "".join(
        f".s{half} {{ font-size: {half / 2}pt }}\n"
        for half in range(round(SMALLEST * 2), round(LARGEST * 2) + 1)
    )


def fit_line(
    text: str, fonts: dict[str, Font], names: Sequence[str], width: float, size: float
) -> FittedText:
    """One line within `width` mm: the first font that fits at `size`, else the last (narrowest) one, smaller."""
    for name in names:
        if _width(text, fonts[name]) * size * POINT <= width:
            return FittedText((text,), name, int(size * 2) / 2)
    return FittedText((text,), names[-1], _largest_size((text,), fonts[names[-1]], width, size))


def fit_title(
    text: str, fonts: dict[str, Font], names: Sequence[str], width: float, height: float
) -> FittedText:
    """A text within `width` and `height` mm: one line, else a narrower font, else two or more lines."""
    text = text if len(text) <= _MAX_CHARACTERS else text[: _MAX_CHARACTERS - 1] + "…"
    one = fit_line(text, fonts, names, width, height / POINT)
    best = one
    for count in range(2, 9):
        if best.size * POINT >= height / count:  # more lines would be smaller
            return best
        lines = _break_lines(_words(text), count, fonts[names[-1]])
        for name in names:
            size = _largest_size(lines, fonts[name], width, height / len(lines) / POINT)
            if size > best.size * 1.05:
                best = FittedText(lines, name, size)
    return best


def _words(text: str) -> list[str]:
    """The words of the text; a word longer than _MAX_WORD characters is broken into parts."""
    return [word[at : at + _MAX_WORD] for word in text.split(" ") for at in range(0, len(word), _MAX_WORD)]


def _break_lines(words: list[str], count: int, font: Font) -> tuple[str, ...]:
    """The words in at most `count` lines whose longest line is as short as possible."""
    low = max(_width(word, font) for word in words)
    high = _width(" ".join(words), font)
    for _ in range(12):
        middle = (low + high) / 2
        if len(_fill_lines(words, middle, font)) <= count:
            high = middle
        else:
            low = middle
    return tuple(_fill_lines(words, high, font))


def _fill_lines(words: list[str], width: float, font: Font) -> list[str]:
    lines: list[str] = []
    for word in words:
        if lines and _width(f"{lines[-1]} {word}", font) <= width:
            lines[-1] += f" {word}"
        else:
            lines.append(word)
    return lines


def _largest_size(lines: Sequence[str], font: Font, width: float, size: float) -> float:
    widest = max(_width(line, font) for line in lines)
    largest = width / (widest * POINT) if widest else size
    return max(SMALLEST, int(min(size, largest) * 2) / 2)


def _width(text: str, font: Font) -> float:
    return font.width(text) + LETTER_SPACING * len(text)
