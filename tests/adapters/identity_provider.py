"""An identity provider of the tests: RSA keys, tokens signed with them, and a real server for its JWKS document."""

from __future__ import annotations

import base64
import json
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from functools import cache
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from typing import Any

from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
from cryptography.hazmat.primitives.hashes import SHA256
from joserfc.jwk import RSAKey

ISSUER = "https://identity.example/pool"
AUDIENCE = "bilheteria"


@cache
def rsa_key(kid: str) -> RSAKey:
    """The same key each time: it takes a while to make one."""
    return RSAKey.generate_key(2048, {"kid": kid, "use": "sig", "alg": "RS256"})


class Provider:
    """`document` is what the server answers with `status`; `asked` counts the requests."""

    def __init__(self, address: str = "") -> None:
        self.address = address
        self.status = 200
        self.asked = 0
        self.document = b""
        self.publish("first")

    def publish(self, *kids: str, extra: Sequence[Mapping[str, Any]] = ()) -> None:
        """Publish the keys with these ids, and `extra` entries before them."""
        entries: list[Any] = [*extra, *(rsa_key(kid).as_dict(private=False) for kid in kids)]
        self.document = json.dumps({"keys": entries}).encode()

    def token(self, kid: str = "first", *, header: dict[str, Any] | None = None, **claims: Any) -> str:
        """A token of an hour, for a person, with an audience; a claim of None is left out."""
        now = int(time.time())
        all_claims = {"iss": ISSUER, "sub": "ana", "aud": AUDIENCE, "iat": now, "exp": now + 3600} | claims
        given = {name: value for name, value in all_claims.items() if value is not None}
        signed = f"{part({'alg': 'RS256', 'kid': kid, 'typ': 'at+jwt'} | (header or {}))}.{part(given)}"
        private = rsa_key(kid).private_key
        assert private is not None
        return f"{signed}.{part(private.sign(signed.encode(), PKCS1v15(), SHA256()))}"


def part(content: object) -> str:
    """A part of a token: JSON, or bytes as they are, in base64url."""
    encoded = content if isinstance(content, bytes) else json.dumps(content).encode()
    return base64.urlsafe_b64encode(encoded).decode().rstrip("=")


@contextmanager
def running() -> Iterator[Provider]:
    """A provider whose JWKS document is served at `address`."""
    provider = Provider()

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            provider.asked += 1
            self.send_response(provider.status)
            self.send_header("Content-Length", str(len(provider.document)))
            self.end_headers()
            self.wfile.write(provider.document)

        def log_message(self, *_: object) -> None:
            """Print nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    provider.address = f"http://127.0.0.1:{server.server_port}/jwks.json"
    try:
        yield provider
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
