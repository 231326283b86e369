"""Answers of the door that are pages or parts of pages."""

from __future__ import annotations

from flask import Response
from htmx_flask import make_response


def uncached(body: str, status: int = 200) -> Response:
    """HTML that nobody stores: what it says is old after the next scan or hand-out."""
    return make_response(body, status, {"Cache-Control": "no-store"})
