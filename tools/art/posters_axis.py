"""The posters that are built on an axis: a tower, a ship's bow, an engine from the front."""

from __future__ import annotations

import math

from tools.art.pen import (
    BLOOD,
    BONE,
    INDIGO,
    NIGHT,
    TUNGSTEN,
    VERDIGRIS,
    circle,
    colophon,
    lettering,
    path,
    polygon,
    poster,
    rect,
    stroke,
)


def metropolis() -> None:
    """Axis: stepped towers, rings of light."""
    art = ""
    for beam in range(-7, 8, 2):
        art += polygon([(200, 40), (200 + beam * 62 - 22, 470), (200 + beam * 62 + 22, 470)], "#1e2947")
    towers = [
        (176, 60, 268, "#0d1326"),
        (128, 52, 204, "#26324f"),
        (86, 46, 246, "#0d1326"),
        (52, 40, 150, "#354263"),
    ]
    for order, (distance, width, top, colour) in enumerate(towers):
        for side in (-1, 1):
            x = 200 + side * distance - width / 2
            art += rect(x, top, width, 300, colour) + _windows(x, top, width, order)
    art += polygon([(182, 120), (218, 120), (240, 480), (160, 480)], TUNGSTEN)
    art += polygon([(192, 62), (208, 62), (218, 120), (182, 120)], BONE) + rect(196, 22, 8, 44, BONE)
    for y, radius in ((168, 62), (214, 84), (266, 108), (326, 134), (394, 164)):
        art += stroke(f"M{200 - radius} {y}A{radius} {radius * 0.2:.0f} 0 0 0 {200 + radius} {y}", BONE, 6)
    art += rect(0, 452, 400, 148, INDIGO) + lettering("METRÓPOLIS", 24, 560, TUNGSTEN, width=352)
    poster("metropolis", INDIGO, art + colophon("1927", "FRITZ LANG", BONE), "Metrópolis, 1927")


def _windows(x: float, top: float, width: float, order: int) -> str:
    """Lit and dim windows of a tower, one path for each of the two."""
    lit = dim = ""
    for floor in range(int((470 - top) / 16)):
        for column in range(3):
            if (floor * 7 + column * 3 + order) % 5 in (0, 1):
                continue
            spot = f"M{x + 10 + column * (width - 16) / 3:.0f} {top + 12 + floor * 16:.0f}h5v8h-5z"
            if (floor + column + order) % 3:
                lit += spot
            else:
                dim += spot
    return path(lit, TUNGSTEN) + path(dim, "#7a6135")


def potemkin() -> None:
    """Axis: the bow, head on."""
    art = polygon([(0, 600), (0, 420), (120, 388), (280, 388), (400, 420), (400, 600)], "#2a2320")
    art += polygon([(200, 228), (320, 292), (262, 560), (200, 600), (138, 560), (80, 292)], NIGHT)
    art += polygon([(200, 228), (320, 292), (262, 560), (200, 600)], "#3a312c")
    art += rect(196, 54, 6, 190, NIGHT)
    art += path("M202 58C250 36 290 88 378 62C366 96 372 124 384 156C300 178 262 126 202 152Z", BLOOD)
    art += polygon([(128, 268), (272, 268), (258, 224), (142, 224)], NIGHT)
    art += polygon([(158, 224), (242, 224), (232, 188), (168, 188)], NIGHT)
    for side in (-1, 1):
        art += circle(200 + side * 40, 250, 15, BONE) + circle(200 + side * 40, 250, 9, NIGHT)
        art += circle(200 + side * 72, 364, 13, BLOOD) + circle(200 + side * 72, 364, 6, NIGHT)
        art += stroke(
            f"M{200 + side * 72} 376q{side * -8} 40 {side * -20} 84", BLOOD, 4, 'stroke-dasharray="9 6"'
        )
    for wave in range(2):
        curve = f"M-20 {438 + wave * 16}q60 {wave - 22} 120 4t120 0t120 0t120 0"
        art += stroke(curve, BONE, 4 + wave)
    art += rect(0, 460, 400, 140, BLOOD) + lettering("O ENCOURAÇADO", 24, 52, NIGHT, width=158)
    art += lettering("POTEMKIN", 24, 560, BONE, width=352) + colophon("1925", "SERGEI EISENSTEIN", BONE)
    poster("potemkin", BONE, art, "O Encouraçado Potemkin, 1925")


def o_general() -> None:
    """Axis: the engine, coming."""
    iron = "#2f4a42"
    puffs = (
        (236, 104, 34),
        (276, 62, 50),
        (330, 96, 66),
        (396, 60, 70),
        (300, 20, 60),
        (392, 140, 52),
        (206, 136, 18),
    )
    art = "".join(circle(x, y, radius, BONE) for x, y, radius in puffs)
    art += polygon([(158, 170), (242, 170), (226, 250), (174, 250)], NIGHT) + rect(150, 158, 100, 20, NIGHT)
    art += circle(200, 346, 122, NIGHT) + circle(200, 346, 104, iron) + circle(200, 346, 92, NIGHT)
    art += circle(200, 346, 20, TUNGSTEN)
    for bolt in range(12):
        angle = bolt * math.pi / 6
        art += circle(200 + 98 * math.cos(angle), 346 + 98 * math.sin(angle), 4, BONE)
    art += rect(172, 226, 56, 46, NIGHT) + circle(200, 248, 32, NIGHT) + circle(200, 248, 24, TUNGSTEN)
    art += circle(200, 248, 12, BONE) + rect(58, 446, 284, 26, BLOOD)
    for x in (86, 314):
        art += circle(x, 459, 20, NIGHT) + circle(x, 459, 9, BONE)
    for slat in range(-5, 6):
        top, foot = 200 + slat * 22, 200 + slat * 34
        art += polygon([(top - 6, 472), (top + 6, 472), (foot + 8, 545), (foot - 8, 545)], NIGHT)
    art += rect(0, 540, 400, 60, NIGHT) + lettering("A", 24, 56, NIGHT, cap=28)
    art += lettering("GENERAL", 24, 118, NIGHT, width=166) + colophon("1926", "BUSTER KEATON", BONE)
    poster("o-general", VERDIGRIS, art, "A General, 1926")
