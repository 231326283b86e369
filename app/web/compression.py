"""Pages that are the same for everybody leave compressed.

Only those: an answer that holds something secret beside something that a stranger can put into the address could be
guessed by its compressed length (BREACH). Who has no session, and gets none, has no secret in the page.
"""

from __future__ import annotations

import gzip
from functools import lru_cache

from flask import Flask, Response, current_app, request, session

LEAST_BYTES = 1024
LEVEL = 5


def init_app(app: Flask) -> None:
    app.after_request(_compress)


def _compress(response: Response) -> Response:
    if response.mimetype != "text/html" or request.endpoint == "static":
        return response
    response.vary.update(("Accept-Encoding", "Cookie"))
    if _is_for_everybody(response) and request.accept_encodings.quality("gzip") > 0:
        response.set_data(_packed(response.get_data()))
        response.headers["Content-Encoding"] = "gzip"
    return response


def _is_for_everybody(response: Response) -> bool:
    if request.method != "GET" or response.status_code != 200 or response.is_streamed:
        return False
    if current_app.config["SESSION_COOKIE_NAME"] in request.cookies or session.modified:
        return False
    return (response.content_length or 0) >= LEAST_BYTES and "Content-Encoding" not in response.headers


@lru_cache(maxsize=64)
def _packed(body: bytes) -> bytes:
    """The same page goes out many times a second."""
    return gzip.compress(body, LEVEL, mtime=0)
