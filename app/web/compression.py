"""Compression of pages.

The length of a compressed page can give a secret away: an attacker who makes a browser ask for addresses with guesses
in them, and sees the lengths of the answers, finds the guess that the page already contains (BREACH). So a browser with
a session gets a compressed page only if one of our own pages asked for it, which no other site can cause (decision 62).
The first page of a session contains no secret but its new CSRF token, which differs at each request.
"""

from __future__ import annotations

import gzip
import hashlib

from flask import Flask, Response, current_app, request, session

from app.core.cache import Cache
from app.web.security import from_our_own_page

LEAST_BYTES = 1024
UNIQUE_LEVEL, SHARED_LEVEL = 1, 6  # gzip levels for one browser and for all
# Compressed pages by the digest of the page: the page itself is five times as large.
_COMPRESSED: Cache[bytes, bytes] = Cache("compressed pages", most=64)


def init_app(app: Flask) -> None:
    app.after_request(_compress)


def _compress(response: Response) -> Response:
    if response.mimetype != "text/html" or request.endpoint == "static":
        return response
    response.vary.update(("Accept-Encoding", "Cookie"))
    if _may_be_compressed(response) and request.accept_encodings.quality("gzip") > 0:
        body = response.get_data()
        unique = _has_session() or session.modified
        response.set_data(gzip.compress(body, UNIQUE_LEVEL) if unique else _compressed(body))
        response.headers["Content-Encoding"] = "gzip"
    return response


def _may_be_compressed(response: Response) -> bool:
    if response.is_streamed or "Content-Encoding" in response.headers:
        return False
    if (response.content_length or 0) < LEAST_BYTES:
        return False
    if _has_session():
        return from_our_own_page()
    return request.method == "GET" and response.status_code == 200


def _has_session() -> bool:
    return current_app.config["SESSION_COOKIE_NAME"] in request.cookies


def _compressed(body: bytes) -> bytes:
    """The compressed page, from the cache: the same page is sent many times a second."""
    digest = hashlib.blake2b(body, digest_size=16).digest()
    return _COMPRESSED.get(digest, lambda: gzip.compress(body, SHARED_LEVEL, mtime=0))
