"""The session cookie, which stays valid when a process with a clock ahead of ours has signed it.

The clock of the signing process sets its time. Clocks of two machines differ, and a clock can be set back: then the
time is in the future. Only our processes can sign the cookie, so it is accepted. Exact time limits (the session of an
account, a link in a mail, a hold) are in the database and use the database's clock.
"""

from __future__ import annotations

from datetime import datetime
from typing import Literal, overload

from flask import Flask
from flask.sessions import SecureCookieSessionInterface
from itsdangerous import SignatureExpired, TimestampSigner, URLSafeTimedSerializer

SKEW_SECONDS = 24 * 60 * 60  # a clock further ahead is broken, and the cookie would be valid too long


class SkewTolerantSigner(TimestampSigner):
    """Accepts a signature whose time is up to `SKEW_SECONDS` in the future."""

    @overload
    def unsign(
        self, signed_value: str | bytes, max_age: int | None = ..., return_timestamp: Literal[False] = ...
    ) -> bytes: ...
    @overload
    def unsign(
        self, signed_value: str | bytes, max_age: int | None = ..., return_timestamp: Literal[True] = ...
    ) -> tuple[bytes, datetime]: ...
    def unsign(
        self, signed_value: str | bytes, max_age: int | None = None, return_timestamp: bool = False
    ) -> tuple[bytes, datetime] | bytes:
        value, signed_at = super().unsign(signed_value, max_age=None, return_timestamp=True)
        age = self.get_timestamp() - int(signed_at.timestamp())
        if max_age is not None and not -SKEW_SECONDS <= age <= max_age:
            raise SignatureExpired(f"signed {age} seconds ago", payload=value, date_signed=signed_at)
        return (value, signed_at) if return_timestamp else value


class SessionCookie(SecureCookieSessionInterface):
    """Flask's session in a signed cookie, with the signer above."""

    def __init__(self) -> None:
        self._made: tuple[object, URLSafeTimedSerializer | None] = (None, None)

    def get_signing_serializer(self, app: Flask) -> URLSafeTimedSerializer | None:
        """The serializer of the application's keys; kept, because each request would make one."""
        keys = app.secret_key, tuple(app.config["SECRET_KEY_FALLBACKS"] or ())
        made_for, serializer = self._made
        if made_for != keys:
            serializer = super().get_signing_serializer(app)
            if serializer is not None:
                serializer.signer = SkewTolerantSigner
            self._made = keys, serializer
        return serializer
