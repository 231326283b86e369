"""Makes the fonts of the PDF tickets: TTF files from the packages of the web fonts.

WeasyPrint needs more than a second for a compressed web font, and almost no time for a TTF file.

    .venv/bin/python -m tools.build.fonts
"""

from __future__ import annotations

from fontTools.ttLib import TTFont
from fontTools.varLib import instancer

from tools.build.steps import ROOT

FOLDER = ROOT / "static" / "vendor" / "fonts"
PACKAGES = ROOT / "node_modules"
PUBLIC_SANS = "@fontsource-variable/public-sans/files/public-sans-latin-wght-normal.woff2"
LEAGUE_GOTHIC = "@fontsource-variable/league-gothic/files/league-gothic-latin-wdth-normal.woff2"
# file name → the font of the package, its pinned axes
FONTS: dict[str, tuple[str, dict[str, float]]] = {
    "PublicSans-Regular.ttf": (PUBLIC_SANS, {"wght": 400}),
    "PublicSans-Bold.ttf": (PUBLIC_SANS, {"wght": 700}),
    "LeagueGothic-Regular.ttf": (LEAGUE_GOTHIC, {"wdth": 100}),
    "LeagueGothic-Condensed.ttf": (LEAGUE_GOTHIC, {"wdth": 75}),
}


def build() -> None:
    """Write the TTF files beside the web fonts."""
    FOLDER.mkdir(parents=True, exist_ok=True)
    for name, (source, axes) in FONTS.items():
        font = TTFont(PACKAGES / source)
        still = instancer.instantiateVariableFont(font, axes)
        still.flavor = None
        _name(still, name.removesuffix(".ttf"))
        still.save(FOLDER / name)


def _name(font: TTFont, postscript_name: str) -> None:
    """Give the font a unique name, by which renderers distinguish fonts."""
    family, _, style = postscript_name.partition("-")
    for name_id, text in ((1, family), (2, style), (4, f"{family} {style}"), (6, postscript_name)):
        font["name"].setName(text, name_id, 3, 1, 0x409)


if __name__ == "__main__":
    build()
