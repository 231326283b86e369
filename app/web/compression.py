"""Pages leave compressed to whoever has no session yet.

Who has one gets them plain: an answer that holds a secret beside something that a stranger can put into the address
could be guessed by its compressed length, try by try (BREACH). A first page holds no secret but the seal of a session
that is born with it, and another one at each try.
"""

from __future__ import annotations

import gzip
from functools import lru_cache

from flask import Flask, Response, current_app, request, session

LEAST_BYTES = 1024
OF_ITS_OWN, FOR_EVERYBODY = 1, 6  # levels: a page that nobody else gets is worth less time


def init_app(app: Flask) -> None:
    app.after_request(_compress)


def _compress(response: Response) -> Response:
    if response.mimetype != "text/html" or request.endpoint == "static":
        return response
    response.vary.update(("Accept-Encoding", "Cookie"))
    if _may_be_compressed(response) and request.accept_encodings.quality("gzip") > 0:
        body = response.get_data()
        response.set_data(gzip.compress(body, OF_ITS_OWN) if session.modified else _packed(body))
        response.headers["Content-Encoding"] = "gzip"
    return response


def _may_be_compressed(response: Response) -> bool:
    if request.method != "GET" or response.status_code != 200 or response.is_streamed:
        return False
    if current_app.config["SESSION_COOKIE_NAME"] in request.cookies:
        return False
    return (response.content_length or 0) >= LEAST_BYTES and "Content-Encoding" not in response.headers


@lru_cache(maxsize=64)
def _packed(body: bytes) -> bytes:
    """The same page goes out many times a second."""
    return gzip.compress(body, FOR_EVERYBODY, mtime=0)
