"""Draws the posters whose composition is a disc: two moons and a sun."""

from __future__ import annotations

import random

from tools.art.pen import (
    BONE,
    COPPER,
    MIST,
    NIGHT,
    PETROL,
    ROSE,
    TUNGSTEN,
    circle,
    colophon,
    group,
    lettering,
    path,
    poster,
    rect,
    stroke,
)


def limite() -> None:
    """Disc: three people, a boat, a line."""
    chance = random.Random(4)
    art = circle(200, 230, 122, BONE) + rect(0, 262, 400, 338, "#35525c")
    near = far = ""
    y = 270.0
    for wave in range(26):
        height, spread = 1.5 + wave * 0.3, 30 + wave * 6.4
        for _ in range(3):
            centre, width = 200 + chance.uniform(-spread, spread), chance.uniform(18, 70 + wave * 3)
            glint = f"M{centre - width / 2:.0f} {y:.1f}h{width:.0f}v{height:.1f}h-{width:.0f}z"
            if wave < 16:
                near += glint
            else:
                far += glint
        y += 6 + wave * 0.42
    art += path(near, BONE) + path(far, "#a9bcbc")
    art += path("M84 262C124 284 276 284 316 258C304 304 280 318 262 318H138C118 318 98 298 84 262Z", NIGHT)
    for x, top, radius in ((152, 206, 14), (206, 222, 13), (252, 196, 14)):
        art += circle(x, top, radius, NIGHT)
        art += path(
            f"M{x - 20} 282C{x - 24} {top + 24} {x - 10} {top + 14} {x} {top + 14}"
            f"C{x + 12} {top + 14} {x + 22} {top + 26} {x + 18} 282Z",
            NIGHT,
        )
    art += lettering("LIMITE", 24, 98, NIGHT, width=168) + colophon("1931", "MÁRIO PEIXOTO", BONE)
    poster("limite", MIST, art, "Limite, 1931")


def viagem_a_lua() -> None:
    """Disc: the shell in the moon's eye."""
    chance = random.Random(11)
    art = "".join(
        circle(chance.uniform(0, 400), chance.uniform(0, 600), chance.choice((1.3, 1.8, 2.6)), BONE)
        for _ in range(46)
    )
    art += circle(236, 356, 208, "#d9c48c") + circle(226, 348, 200, BONE)
    for x, y, radius in (
        (330, 250, 22),
        (382, 330, 30),
        (300, 480, 26),
        (120, 476, 16),
        (88, 300, 12),
        (230, 196, 14),
    ):
        art += circle(x, y, radius, "#e2d0a0")
    art += path("M268 306q30-22 62 2q-30 20-62-2Z", NIGHT) + stroke("M256 284q40-34 86-6", NIGHT, 7)
    art += stroke("M218 330q-28 66-6 78q14 8 34 0", NIGHT, 7)
    art += path("M170 462q50 36 112-6q-20 40-56 40q-36 0-56-34Z", NIGHT)
    shell = path("M122 312V190H178V312Q150 340 122 312Z", COPPER) + rect(116, 182, 68, 16, NIGHT)
    shell += rect(122, 226, 56, 7, NIGHT) + rect(122, 268, 56, 7, NIGHT) + circle(150, 250, 9, TUNGSTEN)
    shell += path("M104 306Q150 352 196 306Q190 342 150 346Q110 342 104 306Z", NIGHT)
    art += group(shell, "rotate(38 150 300)")
    art += lettering("VIAGEM À LUA", 24, 94, TUNGSTEN, width=352) + colophon("1902", "GEORGES MÉLIÈS", BONE)
    poster("viagem-a-lua", PETROL, art, "Viagem à Lua, 1902")


def aurora() -> None:
    """Disc: sunrise over the lake, through the reeds."""
    plum = "#5a2f3a"
    art = "".join(
        circle(200, 352, 250 - 50 * ring, colour)
        for ring, colour in enumerate(("#d98f78", "#e3a178", "#ecb46a", TUNGSTEN))
    )
    art += circle(200, 344, 84, BONE) + rect(0, 330, 400, 270, plum)
    for glint in range(11):
        width = 168 - glint * 11 + (glint % 3) * 20
        x = 200 - width / 2 + (glint % 2) * 10 - 5
        art += rect(x, 342 + glint * 16, width, 6, "#ecb46a" if glint > 2 else BONE)
    art += path(
        "M0 330V312H30V296H52V306H70V276H82V300H104V318H120V330ZM400 330V316H372V290H356V304H338V318H310V330Z",
        plum,
    )
    reeds = ((8, 210, 30), (30, 270, 54), (52, 330, 40), (74, 250, 62), (100, 390, 50), (128, 440, 60))
    for side, edge in ((1, 0), (-1, 400)):
        for order, (distance, top, bend) in enumerate(reeds):
            x, tip = edge + side * distance, edge + side * (distance + bend)
            art += stroke(f"M{x} 600Q{x} {top + 120} {tip} {top}", NIGHT, 9 - order, 'stroke-linecap="round"')
            if order % 2 == 0:
                art += (
                    f'<ellipse cx="{tip - side * 3}" cy="{top + 8}" rx="6" ry="26" fill="{NIGHT}" '
                    f'transform="rotate({side * 22} {tip} {top})"/>'
                )
    art += rect(0, 562, 400, 38, NIGHT) + lettering("AURORA", 24, 142, plum, width=352)
    poster("aurora", ROSE, art + colophon("1927", "F. W. MURNAU", BONE, y=587), "Aurora, 1927")
