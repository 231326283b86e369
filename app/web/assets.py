"""Template globals for addresses: `asset('main.css')` is the hashed address of a built file, `links` makes links."""

from __future__ import annotations

import json
from pathlib import Path

from flask import Flask

from app.web import links

STATIC = Path(__file__).resolve().parents[2] / "static"


def init_app(app: Flask) -> None:
    manifest_file = STATIC / "dist" / "manifest.json"
    manifest: dict[str, str] = json.loads(manifest_file.read_text()) if manifest_file.exists() else {}
    paths = {name: f"{app.static_url_path}/{file}" for name, file in manifest.items()}

    def asset(name: str) -> str:
        return paths.get(name) or f"{app.static_url_path}/{name}"

    app.jinja_env.globals.update(asset=asset, absolute=links.absolute, links=links)
