"""Serves static files: compressed at build time; a file with a hash in its name may be cached for ever."""

from __future__ import annotations

import re
from typing import Any

from flask import Flask
from whitenoise import WhiteNoise

HASHED = re.compile(r"/dist/[\w-]+\.[0-9A-Z]{8}\.(js|css)$")
ONE_DAY = 24 * 3600


def serve_static(app: Flask) -> Any:
    """Wrap `app` in a WSGI application that answers /static/ without a session or the database."""
    outer = WhiteNoise(
        app.wsgi_app,
        max_age=ONE_DAY,
        allow_all_origins=False,
        immutable_file_test=lambda _path, url: HASHED.search(url) is not None,
        add_headers_function=_headers,
    )
    outer.add_files(str(app.static_folder), prefix="static/")
    return outer


def _headers(headers: Any, _path: str, _url: str) -> None:
    headers["X-Content-Type-Options"] = "nosniff"
    headers["Cross-Origin-Resource-Policy"] = "same-origin"
    # An SVG opened by its own address is a page, so its scripts are forbidden.
    headers["Content-Security-Policy"] = "default-src 'none'; style-src 'unsafe-inline'"
