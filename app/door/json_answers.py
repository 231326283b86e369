"""Answers of the door in JSON."""

from __future__ import annotations

import gzip
import json
from collections.abc import Mapping
from typing import Any, Final

from flask import Response, make_response, request

LEAST_COMPRESSED: Final = 1024  # bytes


def answer(body: Mapping[str, Any], status: int = 200) -> Response:
    """The answer as JSON, compressed if that pays.

    The pages of a session are not compressed, because their length could give secrets away; other sites cannot make a
    browser ask for this one, as the device's cookie is SameSite=Strict.
    """
    data = json.dumps(body, ensure_ascii=False, separators=(",", ":")).encode()
    response = make_response(data, status)
    response.headers.update({"Content-Type": "application/json", "Cache-Control": "no-store"})
    if len(data) >= LEAST_COMPRESSED and request.accept_encodings.quality("gzip") > 0:
        response.set_data(gzip.compress(data, 6))
        response.headers["Content-Encoding"] = "gzip"
    response.vary.update(("Accept-Encoding", "Cookie"))
    return response
