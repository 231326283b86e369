"""Draws the posters of the demo's films, all in the public domain: 400 × 600, at most four colours and their tints.

Each poster shows one object of its film as a silhouette. All have the same margin, lettering and colophon, and differ
in background and composition. Those with diagonals, the pattern and the still life are in this module, those built on
an axis in `posters_axis.py`, those built on a disc in `posters_disc.py`.
Run: .venv/bin/python -m tools.art.posters
"""

from __future__ import annotations

import math
import random

from tools.art import posters_axis, posters_disc
from tools.art.pen import (
    BLOOD,
    BONE,
    COPPER,
    NIGHT,
    ROSE,
    TUNGSTEN,
    Point,
    circle,
    colophon,
    group,
    lettering,
    line,
    path,
    polygon,
    poster,
    rect,
    stroke,
)


def nosferatu() -> None:
    """Diagonal: the shadow on the stair."""
    shade = "#2c3323"
    figure = (
        "M-20 600V250C20 214 44 196 66 190C60 176 58 160 60 146L44 118L66 128C74 100 98 84 124 88"
        "C150 92 164 112 164 134L176 158L162 162C162 178 152 190 138 194"
        "C150 200 164 214 176 232L254 208L262 232L196 280L206 600Z"
    )
    fingers = [
        ((240, 214), (336, 146)),
        ((244, 216), (368, 178)),
        ((246, 222), (382, 224)),
        ((246, 226), (366, 268)),
        ((238, 230), (314, 290)),
    ]
    art = path(figure, shade) + path("M230 222a20 17 0 1 0 40 0a20 17 0 1 0-40 0z", shade)
    for (x1, y1), (x2, y2) in fingers:
        length = math.hypot(x2 - x1, y2 - y1)
        nx, ny = -(y2 - y1) / length * 9, (x2 - x1) / length * 9
        mx, my = x1 + (x2 - x1) * 0.55 + nx * 0.9, y1 + (y2 - y1) * 0.55 + ny * 0.9 - 4
        art += path(
            f"M{x1 - nx:.0f} {y1 - ny:.0f}Q{mx - nx * 2:.0f} {my - ny * 2 - 6:.0f} {x2} {y2}"
            f"Q{mx:.0f} {my:.0f} {x1 + nx:.0f} {y1 + ny:.0f}Z",
            shade,
        )
    steps = "M0 600V512" + "h50v-34" * 8 + "V600Z"
    edges = "".join(f"M{50 * step} {512 - 34 * step}h50" for step in range(8))
    art = group(art, "translate(0 40)") + path(steps, NIGHT) + stroke(edges, "#d8d48c", 3)
    art += lettering("NOSFERATU", 24, 106, NIGHT, width=352) + colophon("1922", "F. W. MURNAU", "#d8d48c")
    poster("nosferatu", "#c2bd72", art, "Nosferatu, 1922")


def caligari() -> None:
    """Diagonal: a street of crooked houses and the sleepwalker in it."""
    art = _crooked_houses()
    art += path(
        "M232 300q14-8 24 2q6 16-2 24l18 16l6 92l-10 4l-10-54l2 150h-18l-4-92l-8 92h-20l8-150l-14 40l-10-6l16-80l22-14"
        "q-8-10 0-24Z",
        NIGHT,
    )
    art += polygon([(0, 600), (0, 470), (400, 506), (400, 600)], NIGHT)
    title = lettering("O GABINETE DO DR.", 26, 494, TUNGSTEN, cap=20, track=4)
    title += lettering("CALIGARI", 24, 562, BONE, width=204)
    art += group(title, "rotate(4 24 540)") + lettering(
        "ROBERT WIENE", 376, 584, BONE, cap=11, track=6, right=True
    )
    art += lettering("1920", 268, 584, BONE, cap=11, track=6)
    poster("caligari", BLOOD, art, "O Gabinete do Dr. Caligari, 1920")


def _crooked_houses() -> str:
    """The houses on both sides of the street, the street between them, and their lit windows."""
    left: list[Point] = [
        (0, 390),
        (90, 340),
        (60, 220),
        (150, 150),
        (128, 60),
        (210, -10),
        (-10, -10),
        (-10, 600),
        (0, 600),
    ]
    right: list[Point] = [
        (410, 610),
        (410, -10),
        (318, -10),
        (350, 120),
        (262, 206),
        (338, 330),
        (290, 420),
        (410, 500),
    ]
    art = polygon(left, NIGHT) + polygon(right, NIGHT)
    art += polygon([(170, 600), (206, 420), (186, 330), (232, 250), (240, 330), (262, 430), (330, 600)], BONE)
    art += polygon([(226, 250), (246, 214), (244, 262)], BONE)
    windows: list[list[Point]] = [
        [(18, 250), (52, 238), (44, 310), (10, 330)],
        [(60, 96), (104, 76), (94, 128), (66, 146)],
        [(352, 190), (390, 160), (384, 250), (344, 240)],
        [(330, 40), (384, 52), (372, 110), (348, 98)],
    ]
    for corners in windows:
        (ax, ay), (bx, by), (cx, cy), (dx, dy) = corners
        art += polygon(corners, TUNGSTEN)
        art += line((ax + bx) / 2, (ay + by) / 2, (cx + dx) / 2, (cy + dy) / 2, NIGHT, 5)
        art += line((ax + dx) / 2, (ay + dy) / 2, (bx + cx) / 2, (by + cy) / 2, NIGHT, 5)
    return art


def joana_darc() -> None:
    """Pattern: the fire, three rows of it, and the stake before her light."""
    dark = "#201512"
    art = circle(200, 176, 128, BONE) + circle(200, 176, 116, dark) + circle(200, 176, 104, BONE)
    art += rect(186, 84, 28, 420, NIGHT) + rect(128, 158, 144, 26, NIGHT)
    art += _flames(420, 6, 110, 176, BLOOD, 3) + _flames(446, 7, 84, 136, COPPER, 8, -46)
    art += _flames(470, 8, 56, 96, TUNGSTEN, 5, -20) + rect(0, 466, 400, 134, TUNGSTEN)
    art += lettering("A PAIXÃO DE", 24, 46, ROSE, cap=22, track=2)
    art += lettering("JOANA D’ARC", 24, 558, NIGHT, width=352)
    poster(
        "joana-darc", dark, art + colophon("1928", "CARL TH. DREYER", NIGHT), "A Paixão de Joana d’Arc, 1928"
    )


def _flames(
    base: float, count: int, low: float, high: float, colour: str, seed: int, start: float = -30
) -> str:
    chance, width = random.Random(seed), 460 / count
    outline = f"M{start} 610V{base}"
    for flame in range(count):
        x, height = start + flame * width, chance.uniform(low, high)
        outline += (
            f"C{x + width * 0.1:.0f} {base - height * 0.35:.0f} {x + width * 0.62:.0f} {base - height * 0.5:.0f} "
            f"{x + width * 0.42:.0f} {base - height:.0f}C{x + width * 0.95:.0f} {base - height * 0.6:.0f} "
            f"{x + width * 0.8:.0f} {base - height * 0.2:.0f} {x + width:.0f} {base}"
        )
    return path(outline + "V610Z", colour)


def o_garoto() -> None:
    """Still life: the hat, the moustache, the cane and the cap left on the doorstep."""
    wool, seam = "#7a4a21", "#4d2c12"
    art = rect(0, 470, 400, 130, COPPER)
    art += path(
        "M66 232C66 214 96 220 106 206C108 90 150 40 206 40C262 40 304 90 306 206C316 220 346 214 346 232"
        "C346 260 270 266 206 266C142 266 66 260 66 232Z",
        NIGHT,
    )
    art += path("M106 196C160 220 252 220 306 196L306 216C252 240 160 240 106 216Z", COPPER)
    art += path(
        "M166 326C180 306 196 310 206 320C216 310 232 306 246 326C250 346 236 348 206 344C176 348 162 346 166 326Z",
        NIGHT,
    )
    art += path(
        "M196 470C186 408 224 378 276 380C330 382 362 410 360 454C376 458 390 468 384 480C330 468 250 468 196 484"
        "C180 488 176 476 196 470Z",
        wool,
    )
    for x in (228, 258, 300, 332):
        art += stroke(f"M276 382Q{x} 408 {x - 4} 462", seam, 3)
    art += circle(276, 382, 7, seam)
    art += stroke("M52 600V404C52 364 100 364 100 404V420", NIGHT, 12, 'stroke-linecap="round"')
    art += lettering("O GAROTO", 120, 562, NIGHT, width=256)
    art += lettering("1921", 120, 584, NIGHT, cap=11, track=6)
    art += lettering("CHARLES CHAPLIN", 376, 584, NIGHT, cap=11, track=6, right=True)
    poster("o-garoto", TUNGSTEN, art, "O Garoto, 1921")


def blank() -> None:
    """The poster of films without their own: the beam of a projector on velvet."""
    fold = "#5a0f19"
    art = "".join(
        polygon([(x, 0), (x + 26, 0), (x + 20, 600), (x + 6, 600)], fold) for x in range(-10, 400, 52)
    )
    art += polygon([(200, 470), (24, 60), (376, 60)], "#f6d88f") + polygon(
        [(200, 470), (64, 60), (336, 60)], BONE
    )
    art += rect(24, 50, 352, 12, NIGHT) + rect(0, 540, 400, 60, NIGHT)
    art += rect(150, 470, 100, 62, NIGHT) + polygon([(182, 470), (218, 470), (228, 446), (172, 446)], NIGHT)
    art += circle(172, 500, 9, TUNGSTEN) + polygon([(160, 532), (172, 532), (152, 566), (138, 566)], NIGHT)
    poster("blank", "#6d1320", art, "Sem cartaz")


def main() -> None:
    for draw in (
        posters_axis.metropolis,
        nosferatu,
        posters_disc.limite,
        posters_disc.viagem_a_lua,
        caligari,
        posters_axis.potemkin,
        joana_darc,
        posters_disc.aurora,
        posters_axis.o_general,
        o_garoto,
        blank,
    ):
        draw()


if __name__ == "__main__":
    main()
