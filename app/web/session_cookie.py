"""The session cookie: good for its lifetime, also when it was signed by a process whose clock is ahead of ours.

Its time of signing comes from the clock of the process that signed it. Two machines disagree, and a clock may be set
back: the cookie is then from the future. Nobody else can have signed it, so it is taken. What must end at its time (the
session of an account, a link in a mail, a hold) ends in the database, by the database's clock.
"""

from __future__ import annotations

from datetime import datetime
from typing import Literal, overload

from flask import Flask
from flask.sessions import SecureCookieSessionInterface
from itsdangerous import SignatureExpired, TimestampSigner, URLSafeTimedSerializer

SKEW_SECONDS = 24 * 60 * 60  # further ahead than a day, a clock is broken: the cookie would never end


class SkewTolerantSigner(TimestampSigner):
    """As its base, but an age below zero is no reason to refuse, up to `SKEW_SECONDS`."""

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
    def get_signing_serializer(self, app: Flask) -> URLSafeTimedSerializer | None:
        serializer = super().get_signing_serializer(app)
        if serializer is not None:
            serializer.signer = SkewTolerantSigner
        return serializer
