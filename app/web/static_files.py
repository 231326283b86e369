"""Serves static files: compressed at build time; a file with a hash in its name may be cached for ever."""

from __future__ import annotations

import re
from typing import Any

from flask import Flask
from whitenoise import WhiteNoise

HASHED = re.compile(r"/dist/[\w-]+\.[0-9A-Z]{8}\.(js|css)$")
ONE_DAY = 24 * 3600
ASSET_POLICY = "default-src 'none'; style-src 'unsafe-inline'"
# A worker has the policy of its own script. Only this one may run WebAssembly: the reader of QR codes.
QR_WORKER = re.compile(r"/dist/entry_qr_worker\.[0-9A-Z]{8}\.js$")
QR_WORKER_POLICY = "default-src 'none'; connect-src 'self'; script-src 'self' 'wasm-unsafe-eval'"


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


def _headers(headers: Any, _path: str, url: str) -> None:
    headers["X-Content-Type-Options"] = "nosniff"
    headers["Cross-Origin-Resource-Policy"] = "same-origin"
    # An SVG opened by its own address is a page, so its scripts are forbidden.
    is_worker = QR_WORKER.search(url) is not None
    headers["Content-Security-Policy"] = QR_WORKER_POLICY if is_worker else ASSET_POLICY
