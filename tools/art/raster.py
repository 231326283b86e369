"""Makes the pictures that must be PNG: previews of shared links (site and films), and the icon for home screens.

It needs chromium and playwright, as the tests do. Run: .venv/bin/python -m tools.art.raster
"""

from __future__ import annotations

import shutil
import tempfile
from pathlib import Path

from PIL import Image
from playwright.sync_api import sync_playwright

from app.events.demo_films import FILMS, DemoFilm
from tools.art.pen import BONE, NIGHT, PICTURES, TUNGSTEN, lettering, path, rect

GROUND, VELVET, LIT, RAIL = "#170e0f", "#6d1320", "#fbeecb", "#e2c98f"
PROJECTOR = "M1 8h9v10H1zM12 10.5 26 4v18l-14-6.5zM3 20h2l-1.5 5H1zM7 20h2l1.5 5H8z"


def share_picture() -> str:
    """1200 × 630: the lit sign with the name of the cinema, over a row of posters."""
    art = rect(0, 0, 1200, 630, GROUND)
    slugs = ("metropolis", "nosferatu", "limite", "viagem-a-lua", "joana-darc", "aurora")
    for place, slug in enumerate(slugs):
        poster = (PICTURES / f"posters/{slug}.svg").as_uri()
        art += f'<image href="{poster}" x="{60 + place * 182}" y="340" width="170" height="255"/>'
    art += rect(48, 48, 1104, 254, VELVET) + rect(60, 60, 1080, 230, LIT)
    art += rect(60, 80, 1080, 3, RAIL) + rect(60, 267, 1080, 3, RAIL)
    art += f'<g transform="translate(100 116) scale(4.6)">{path(PROJECTOR, VELVET)}</g>'
    art += lettering("BILHETERIA", 256, 240, NIGHT, cap=128, track=4)
    return f'<svg xmlns="http://www.w3.org/2000/svg" width="1200" height="630">{art}</svg>'


def film_picture(film: DemoFilm) -> str:
    """1200 × 630: the poster, and beside it the lit sign with the film's name."""
    poster = (PICTURES / f"posters/{film.poster}.svg").as_uri()
    art = rect(0, 0, 1200, 630, GROUND) + f'<image href="{poster}" x="0" y="0" width="420" height="630"/>'
    art += rect(468, 150, 684, 330, VELVET) + rect(480, 162, 660, 306, LIT)
    art += rect(480, 182, 660, 3, RAIL) + rect(480, 445, 660, 3, RAIL)
    words = film.title.upper().replace("’", "'").split()
    # Use two lines if one line would be too small.
    cut = min(
        range(1, len(words)), key=lambda at: abs(len(" ".join(words[:at])) * 2 - len(film.title)), default=0
    )
    lines = (
        [" ".join(words[:cut]), " ".join(words[cut:])] if cut and len(film.title) > 14 else [" ".join(words)]
    )
    cap = min(150.0 if len(lines) == 1 else 88.0, min(1150 / max(len(line) for line in lines), 150))
    top = 315 - (len(lines) * cap + (len(lines) - 1) * 30) / 2
    for number, line in enumerate(lines):
        art += lettering(line, 512, top + cap * (number + 1) + 30 * number, NIGHT, cap=cap, track=2)
    art += f'<g transform="translate(468 48) scale(2.4)">{path(PROJECTOR, TUNGSTEN)}</g>'
    art += lettering(f"{film.year}   {film.director.upper()}", 470, 552, BONE, cap=26, track=1)
    return f'<svg xmlns="http://www.w3.org/2000/svg" width="1200" height="630">{art}</svg>'


def icon() -> str:
    """180 × 180: the projector."""
    art = rect(0, 0, 180, 180, GROUND)
    art += f'<g transform="translate(24 22) scale(5)">{path(PROJECTOR, TUNGSTEN)}</g>' + rect(
        24, 150, 132, 4, BONE
    )
    return f'<svg xmlns="http://www.w3.org/2000/svg" width="180" height="180">{art}</svg>'


def app_icon(size: int, margin: int) -> str:
    """The projector for the home screen, `size` pixels wide; phones may cut a round piece out of a margin."""
    art = rect(0, 0, size, size, GROUND)
    scale = (size - 2 * margin) / 26
    art += f'<g transform="translate({margin} {margin}) scale({scale})">{path(PROJECTOR, TUNGSTEN)}</g>'
    return f'<svg xmlns="http://www.w3.org/2000/svg" width="{size}" height="{size}">{art}</svg>'


def main() -> None:
    with sync_playwright() as playwright, tempfile.TemporaryDirectory() as folder:
        browser = playwright.chromium.launch(
            executable_path=shutil.which("chromium"), args=["--no-sandbox", "--allow-file-access-from-files"]
        )
        films = [(f"share/{film.poster}", film_picture(film), 1200, 630) for film in FILMS]
        for name, svg, width, height in (
            ("share", share_picture(), 1200, 630),
            ("apple-touch-icon", icon(), 180, 180),
            ("door-192", app_icon(192, 24), 192, 192),
            ("door-512", app_icon(512, 64), 512, 512),
            ("door-maskable", app_icon(512, 128), 512, 512),
            *films,
        ):
            source = Path(folder) / f"{Path(name).name}.html"
            source.write_text(
                f"<!doctype html><style>body{{margin:0}}svg{{display:block}}</style>{svg}", encoding="utf-8"
            )
            page = browser.new_page(viewport={"width": width, "height": height})
            page.goto(source.as_uri())
            page.wait_for_timeout(300)
            target = PICTURES / f"{name}.png"
            target.parent.mkdir(exist_ok=True)
            page.screenshot(path=target)
            # The colours are flat: with a palette the file has a fifth of the bytes.
            Image.open(target).convert("RGB").quantize(96, dither=Image.Dither.NONE).save(
                target, optimize=True
            )
        browser.close()


if __name__ == "__main__":
    main()
