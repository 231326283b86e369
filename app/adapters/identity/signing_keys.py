"""The public keys by which an identity provider's tokens are checked, fetched from its JWKS address (RFC 7517).

Keys are cached. A token with an unknown key makes us fetch again, because the provider may have a new key; but not more
often than every COOLDOWN seconds, because anybody can send such a token. While the address does not answer, the known
keys stay in use.
"""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable, Iterator
from typing import Any

import urllib3
from joserfc.errors import JoseError
from joserfc.jwk import RSAKey

from app.adapters.identity.document import Calls, Documents, unwatched

log = logging.getLogger("bilheteria.identity")

FRESH_SECONDS = 600.0
COOLDOWN = 30.0  # seconds
MOST_KEYS = 100
LEAST_MODULUS = 342  # letters of base64url: a key has 2048 bits or more


class UnknownKey(Exception):
    """The provider has no such key."""


class KeysUnavailable(Exception):
    """The provider cannot be asked for a key that is not known here; `retry_after` is in seconds."""

    def __init__(self, retry_after: int) -> None:
        super().__init__(f"retry after {retry_after} s")
        self.retry_after = retry_after


class SigningKeys:
    """The RSA keys at a JWKS address, by their `kid`. Threads may share it."""

    def __init__(
        self, address: str, *, calls: Calls = unwatched, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._address = address
        self._clock = clock
        self._documents = Documents(calls)
        self._fetching = threading.Lock()
        self._keys: dict[str, RSAKey] = {}
        self._tried_at = self._fetched_at = float("-inf")
        self._failed = False

    def key(self, kid: str) -> RSAKey:
        """The key with this id. It may ask the provider over the network. Raises UnknownKey, KeysUnavailable."""
        found = self._keys.get(kid)
        if found is not None:
            if self._is_due(FRESH_SECONDS) and self._fetching.acquire(blocking=False):
                self._fetch_and_release()  # the other threads go on with the key that they have
                found = self._keys.get(kid)
        else:
            self._fetching.acquire()
            if kid in self._keys or not self._is_due(0):  # another thread has just asked
                self._fetching.release()
            else:
                self._fetch_and_release()
            found = self._keys.get(kid)
        if found is not None:
            return found
        if self._failed:
            raise KeysUnavailable(max(1, round(self._tried_at + COOLDOWN - self._clock())))
        raise UnknownKey(kid)

    def _is_due(self, seconds: float) -> bool:
        now = self._clock()
        return now - self._fetched_at >= seconds and now - self._tried_at >= COOLDOWN

    def _fetch_and_release(self) -> None:
        try:
            self._tried_at = self._clock()
            self._keys = dict(_keys(self._documents.read(self._address, "signing keys")))
            self._fetched_at, self._failed = self._clock(), False
        except (urllib3.exceptions.HTTPError, ValueError) as error:
            self._failed = True
            log.warning("signing keys not read", extra={"error": type(error).__name__})
        finally:
            self._fetching.release()


def _keys(document: object) -> Iterator[tuple[str, RSAKey]]:
    """The keys of a JWKS document that may have signed a token by RS256. Raises ValueError if it has none."""
    entries = document.get("keys") if isinstance(document, dict) else None
    if not isinstance(entries, list) or len(entries) > MOST_KEYS:
        raise ValueError("no JWKS document")
    usable = [(entry["kid"], key) for entry in entries if (key := _key(entry)) is not None]
    if not usable:
        raise ValueError("no key for RS256")
    yield from usable


def _key(entry: Any) -> RSAKey | None:
    """The key, or None if it is of another kind, for another use, or too short."""
    if not isinstance(entry, dict) or not isinstance(entry.get("kid"), str):
        return None
    if entry.get("kty") != "RSA" or entry.get("use", "sig") != "sig" or entry.get("alg", "RS256") != "RS256":
        return None
    try:
        if len(entry["n"]) < LEAST_MODULUS:
            return None
        return RSAKey.import_key({name: entry[name] for name in ("kty", "n", "e")})
    except (JoseError, ValueError, KeyError, TypeError):
        return None
