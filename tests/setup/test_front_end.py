"""The static files that the set-up builds (bundles, vendored files, fonts), and how they are served."""

from __future__ import annotations

import gzip
import json
import re
from pathlib import Path

import pytest
from flask import Flask
from fontTools.ttLib import TTFont
from werkzeug.test import Client

from app.web.static_files import serve_static
from tools.build.fonts import FONTS

ROOT = Path(__file__).resolve().parents[2]
STATIC = ROOT / "static"


@pytest.fixture(scope="module")
def manifest() -> dict[str, str]:
    built: dict[str, str] = json.loads((STATIC / "dist" / "manifest.json").read_text())
    return built


def test_every_entry_point_is_built_under_a_hashed_name(manifest: dict[str, str]) -> None:
    patterns = ("js/main.js", "js/entry_*.js", "css/main.css", "css/entry_*.css")
    entries = {path.name for pattern in patterns for path in STATIC.glob(pattern)}
    assert {"main.js", "main.css"} <= entries
    assert set(manifest) == entries
    for name, built in manifest.items():
        stem, suffix = name.rsplit(".", 1)
        assert re.fullmatch(rf"dist/{stem}\.[0-9A-Z]{{8}}\.{suffix}", built)
        assert (STATIC / built).stat().st_size > 0


def test_compressed_files_have_the_same_content(manifest: dict[str, str]) -> None:
    for built in manifest.values():
        assert gzip.decompress((STATIC / f"{built}.gz").read_bytes()) == (STATIC / built).read_bytes()


def test_files_named_in_style_sheets_exist(manifest: dict[str, str]) -> None:
    css = STATIC / manifest["main.css"]
    named = re.findall(r"url\(\"?([^\")?#:]+)", css.read_text())
    assert any(address.endswith(".woff2") for address in named)
    places = {address: css.parent / address for address in named}
    places |= {address: ROOT / address.lstrip("/") for address in named if address.startswith("/")}
    assert not [address for address, place in places.items() if not place.resolve().is_file()]


@pytest.mark.parametrize("name", sorted(FONTS))
def test_the_fonts_of_the_pdf_are_ttf_files_with_portuguese_letters(name: str) -> None:
    font = TTFont(STATIC / "vendor" / "fonts" / name)
    assert "fvar" not in font
    known = font.getBestCmap()
    assert not [letter for letter in "ÁÀÂÃÇÉÊÍÓÔÕÚáàâãçéêíóôõú0123456789R$–·×" if ord(letter) not in known]


def test_static_files_are_compressed_and_cached_for_ever(manifest: dict[str, str], app: Flask) -> None:
    client = Client(serve_static(app))
    answer = client.get(f"/static/{manifest['main.css']}", headers={"Accept-Encoding": "gzip, br"})
    assert answer.status_code == 200
    assert answer.headers["Content-Encoding"] == "br"
    assert "immutable" in answer.headers["Cache-Control"]
    assert answer.headers["X-Content-Type-Options"] == "nosniff"
    vendored = client.get("/static/vendor/fonts/public-sans.woff2")
    assert vendored.status_code == 200
    assert "immutable" not in vendored.headers["Cache-Control"]
