"""The pairing of the agent: the secret of the kiosk's pages, which the server confirms once and the agent keeps."""

from __future__ import annotations

import hashlib
import hmac
import json
import os
import threading
import urllib.error
import urllib.request
from pathlib import Path
from typing import Any

ANSWER_SECONDS = 5.0
HEALTH_SECONDS = 2.0  # the screen says after so long that there is no connection


class ServerSilent(Exception):
    """The server did not answer, so nothing is known about the secret."""


class Pairing:
    """A file that only the agent's user reads; it has the hash (SHA-256) of the secret. It is replaced as a whole."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.lock = threading.Lock()
        self.secret_hash = self._read()

    def knows(self, secret: str) -> bool:
        known = self.secret_hash
        return known is not None and hmac.compare_digest(known, _hash(secret))

    def store(self, secret: str) -> None:
        """Durable when it returns."""
        with self.lock:
            fresh = self.path.with_suffix(".new")
            descriptor = os.open(fresh, os.O_CREAT | os.O_WRONLY | os.O_TRUNC, 0o600)
            with open(descriptor, "w", encoding="ascii") as file:
                json.dump({"secret_hash": _hash(secret)}, file)
                file.flush()
                os.fsync(file.fileno())
            os.replace(fresh, self.path)
            _sync_folder(self.path.parent)
            self.secret_hash = _hash(secret)

    def _read(self) -> str | None:
        try:
            return str(json.loads(self.path.read_text(encoding="ascii"))["secret_hash"])
        except (OSError, ValueError, KeyError, TypeError):
            return None


class _NoRedirects(urllib.request.HTTPRedirectHandler):
    """The secret goes to the paired origin alone."""

    def redirect_request(self, *_: Any) -> None:
        return None


def confirmed_by(address: str, secret: str) -> bool:
    """Ask the server whether the secret is that of a paired kiosk. Raises ServerSilent."""
    request = urllib.request.Request(  # noqa: S310  the configuration allows http and https alone
        address, data=b"", headers={"Authorization": f"Bearer {secret}"}, method="POST"
    )
    opener = urllib.request.build_opener(_NoRedirects)
    try:
        with opener.open(request, timeout=ANSWER_SECONDS) as answer:
            return bool(200 <= answer.status < 300)
    except urllib.error.HTTPError as error:
        error.close()
        if error.code >= 500 or error.code == 429:
            raise ServerSilent from None
        return False
    except (OSError, ValueError):
        raise ServerSilent from None


def server_answers(origin: str) -> bool:
    """Whether the server is reached and well."""
    opener = urllib.request.build_opener(_NoRedirects)
    try:
        with opener.open(f"{origin}/healthz", timeout=HEALTH_SECONDS) as answer:
            return bool(answer.status == 200)
    except (OSError, ValueError):
        return False


def _sync_folder(folder: Path) -> None:
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _hash(secret: str) -> str:
    return hashlib.sha256(secret.encode()).hexdigest()
