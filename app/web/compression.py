"""Compression of pages, for browsers without a session.

A page for a browser with a session is not compressed: if it contains a secret beside text from the address, an attacker
can guess the secret from the compressed length (BREACH). The first page of a session contains no secret but its new
CSRF token, which differs at each request.
"""

from __future__ import annotations

import gzip
import hashlib

from flask import Flask, Response, current_app, request, session

from app.core.cache import Cache

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
        response.set_data(gzip.compress(body, UNIQUE_LEVEL) if session.modified else _compressed(body))
        response.headers["Content-Encoding"] = "gzip"
    return response


def _may_be_compressed(response: Response) -> bool:
    if request.method != "GET" or response.status_code != 200 or response.is_streamed:
        return False
    if current_app.config["SESSION_COOKIE_NAME"] in request.cookies:
        return False
    return (response.content_length or 0) >= LEAST_BYTES and "Content-Encoding" not in response.headers


def _compressed(body: bytes) -> bytes:
    """The compressed page, from the cache: the same page is sent many times a second."""
    digest = hashlib.blake2b(body, digest_size=16).digest()
    return _COMPRESSED.get(digest, lambda: gzip.compress(body, SHARED_LEVEL, mtime=0))
