"""The two pictures that must be PNG: the one that a shared link shows, and the icon of a home screen.

Needs chromium and playwright (both are there for the tests). Run: .venv/bin/python -m infra.art.raster
"""

from __future__ import annotations

import shutil
import tempfile
from pathlib import Path

from playwright.sync_api import sync_playwright

from infra.art.pen import BONE, NIGHT, PICTURES, TUNGSTEN, lettering, path, rect

GROUND, VELVET, LIT, RAIL = "#170e0f", "#6d1320", "#fbeecb", "#e2c98f"
PROJECTOR = "M1 8h9v10H1zM12 10.5 26 4v18l-14-6.5zM3 20h2l-1.5 5H1zM7 20h2l1.5 5H8z"


def share_picture() -> str:
    """1200 × 630: the lit sign with the house's mark, over a row of posters."""
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


def icon() -> str:
    """180 × 180: the projector."""
    art = rect(0, 0, 180, 180, GROUND)
    art += f'<g transform="translate(24 22) scale(5)">{path(PROJECTOR, TUNGSTEN)}</g>' + rect(
        24, 150, 132, 4, BONE
    )
    return f'<svg xmlns="http://www.w3.org/2000/svg" width="180" height="180">{art}</svg>'


def main() -> None:
    with sync_playwright() as playwright, tempfile.TemporaryDirectory() as folder:
        browser = playwright.chromium.launch(
            executable_path=shutil.which("chromium"), args=["--no-sandbox", "--allow-file-access-from-files"]
        )
        for name, svg, width, height in (
            ("share", share_picture(), 1200, 630),
            ("apple-touch-icon", icon(), 180, 180),
        ):
            source = Path(folder) / f"{name}.html"
            source.write_text(
                f"<!doctype html><style>body{{margin:0}}svg{{display:block}}</style>{svg}", encoding="utf-8"
            )
            page = browser.new_page(viewport={"width": width, "height": height})
            page.goto(source.as_uri())
            page.wait_for_timeout(300)
            page.screenshot(path=PICTURES / f"{name}.png")
        browser.close()


if __name__ == "__main__":
    main()
