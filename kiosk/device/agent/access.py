"""Who may ask the agent: the page of the paired origin, which knows the secret."""

from __future__ import annotations

from dataclasses import dataclass
from email.message import Message
from http import HTTPStatus

from kiosk.device.agent.pairing import Pairing

METHODS = "GET, POST, PUT, DELETE"
PREFLIGHT_SECONDS = 600


@dataclass(frozen=True)
class Refusal:
    status: HTTPStatus
    error: str


class Access:
    """`port` is the agent's own: a request under another name comes from a page that rebound its DNS name."""

    def __init__(self, origin: str, port: int, pairing: Pairing) -> None:
        self.origin = origin
        self.hosts = {f"127.0.0.1:{port}", f"localhost:{port}"}
        self.own_origin = f"http://127.0.0.1:{port}"
        self.pairing = pairing

    def refuse_host(self, headers: Message) -> Refusal | None:
        """Every request: a Host that is ours."""
        if headers.get("Host", "").lower() not in self.hosts:
            return Refusal(HTTPStatus.MISDIRECTED_REQUEST, "host")
        return None

    def refuse_origin(self, headers: Message, *, own: bool = False) -> Refusal | None:
        """Every request but that for the start page: the exact origin, which browsers send. `own`: or our own page."""
        allowed = {self.origin, self.own_origin} if own else {self.origin}
        return None if headers.get("Origin") in allowed else Refusal(HTTPStatus.FORBIDDEN, "origin")

    def refuse_stranger(self, headers: Message) -> Refusal | None:
        """Every request but the pairing: the secret, as `Authorization: Bearer …`."""
        if self.pairing.secret_hash is None:
            return Refusal(HTTPStatus.CONFLICT, "not_paired")
        scheme, _, secret = headers.get("Authorization", "").partition(" ")
        if scheme != "Bearer" or not self.pairing.knows(secret):
            return Refusal(HTTPStatus.UNAUTHORIZED, "secret")
        return None

    def cors(self, *, preflight: bool) -> dict[str, str]:
        """The headers of an answer to the paired origin.

        Private Network Access and the older Chromium versions that had it ask in the preflight; newer ones ask the
        policy file (LoopbackNetworkAllowedForUrls) instead.
        """
        headers = {"Access-Control-Allow-Origin": self.origin, "Vary": "Origin"}
        if preflight:
            headers |= {
                "Access-Control-Allow-Methods": METHODS,
                "Access-Control-Allow-Headers": "Authorization, Content-Type",
                "Access-Control-Allow-Private-Network": "true",
                "Access-Control-Max-Age": str(PREFLIGHT_SECONDS),
            }
        return headers
