"""Draws SVG pictures in flat colours. Text becomes outlines, because a picture in <img> cannot use the page's fonts."""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import NamedTuple

from fontTools.pens.boundsPen import BoundsPen
from fontTools.pens.svgPathPen import SVGPathPen
from fontTools.pens.transformPen import TransformPen
from fontTools.ttLib import TTFont

ROOT = Path(__file__).resolve().parents[2]
PICTURES = ROOT / "static" / "img"
FONT = ROOT / "node_modules/@fontsource/league-gothic/files/league-gothic-latin-400-normal.woff2"

NIGHT, BLOOD, TUNGSTEN, BONE = "#15110f", "#bf2f22", "#f0b13a", "#f2e6cc"
PETROL, VERDIGRIS, MIST, INDIGO = "#123f45", "#6f9484", "#aab9b6", "#141c36"
COPPER, ROSE = "#b5622b", "#dfa08a"

Point = tuple[float, float]


class FontFace(NamedTuple):
    font: TTFont
    cap_height: float


@cache
def font_face() -> FontFace:
    font = TTFont(FONT)
    pen = BoundsPen(font.getGlyphSet())
    font.getGlyphSet()[font.getBestCmap()[ord("H")]].draw(pen)
    return FontFace(font, pen.bounds[3])


def number(value: float) -> str:
    return f"{value:.1f}".rstrip("0").rstrip(".")


def lettering(
    words: str,
    x: float,
    y: float,
    fill: str,
    *,
    cap: float = 0,
    width: float = 0,
    track: float = 0,
    right: bool = False,
) -> str:
    """Text as outlines, with its baseline at (x, y). `cap` is the height of its capitals, or `width` its width."""
    font, cap_height = font_face()
    glyphs, names, advances = font.getGlyphSet(), font.getBestCmap(), font["hmtx"]
    offsets: list[tuple[str, float]] = []
    length = 0.0
    for letter in words:
        offsets.append((names[ord(letter)], length))
        length += advances[names[ord(letter)]][0] + track * 20
    length -= track * 20
    scale = cap / cap_height if cap else width / length
    if right:
        x -= length * scale
    outline = ""
    for name, offset in offsets:
        pen = SVGPathPen(glyphs, ntos=number)
        glyphs[name].draw(TransformPen(pen, (scale, 0, 0, -scale, x + offset * scale, y)))
        outline += pen.getCommands()
    return path(outline, fill)


def path(outline: str, fill: str = "none", more: str = "") -> str:
    return f'<path fill="{fill}" d="{outline}"{" " + more if more else ""}/>'


def stroke(outline: str, colour: str, width: float, more: str = "") -> str:
    return path(
        outline, "none", f'stroke="{colour}" stroke-width="{number(width)}"{" " + more if more else ""}'
    )


def rect(x: float, y: float, width: float, height: float, fill: str) -> str:
    return path(f"M{number(x)} {number(y)}h{number(width)}v{number(height)}h-{number(width)}z", fill)


def circle(x: float, y: float, radius: float, fill: str) -> str:
    return f'<circle cx="{number(x)}" cy="{number(y)}" r="{number(radius)}" fill="{fill}"/>'


def polygon(points: list[Point], fill: str) -> str:
    return path("M" + "L".join(f"{number(x)} {number(y)}" for x, y in points) + "Z", fill)


def line(x1: float, y1: float, x2: float, y2: float, colour: str, width: float) -> str:
    return stroke(f"M{number(x1)} {number(y1)}L{number(x2)} {number(y2)}", colour, width)


def group(content: str, transform: str) -> str:
    return f'<g transform="{transform}">{content}</g>'


def picture(file: str, width: int, height: int, ground: str, content: str, title: str) -> None:
    """Write static/img/<file>; content beyond the edge is clipped."""
    target = PICTURES / file
    target.parent.mkdir(parents=True, exist_ok=True)
    target.write_text(
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{width}" height="{height}" viewBox="0 0 {width} {height}">'
        f"<title>{title}</title>{rect(0, 0, width, height, ground)}{content}</svg>\n",
        encoding="utf-8",
    )


def colophon(year: str, director: str, fill: str, y: float = 584) -> str:
    return lettering(year, 24, y, fill, cap=11, track=6) + lettering(
        director, 376, y, fill, cap=11, track=6, right=True
    )


def poster(slug: str, ground: str, content: str, title: str) -> None:
    picture(f"posters/{slug}.svg", 400, 600, ground, content, title)
