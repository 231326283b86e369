"""Reads the secrets of the settings again while the process runs, so that a rotated one needs no restart.

A thread reads them in periods. When Postgres refuses a sign-in they are read at once: the password has changed.
"""

from __future__ import annotations

import logging
import threading
import time

from app.core import config, db
from app.core.config import settings

log = logging.getLogger("bilheteria.secrets")

# After a refused sign-in the secrets are read at most so often, and a caller waits for another's reading so long.
PAUSE_SECONDS = 2.0
WAIT_SECONDS = 5.0


class Refresher:
    """The readings of one process. Thread-safe."""

    def __init__(self) -> None:
        self._reading = threading.Lock()
        self._read_at = float("-inf")
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._loop, name="secrets", daemon=True)

    def start(self) -> None:
        db.sign_in.renew = self.renew
        self._thread.start()

    def stop(self) -> None:
        self._stopping.set()
        self._thread.join()
        db.sign_in.renew = None

    def renew(self, refused: int) -> bool:
        """Read the secrets, because Postgres refused version `refused` of the sign-in. Whether there is a newer one."""
        if not self._reading.acquire(timeout=WAIT_SECONDS):
            return False
        try:
            if db.sign_in.version == refused and time.monotonic() - self._read_at >= PAUSE_SECONDS:
                self._read()
        finally:
            self._reading.release()
        return db.sign_in.version != refused

    def _loop(self) -> None:
        while not self._stopping.wait(settings().secrets.refresh_seconds):
            with self._reading:
                self._read()

    def _read(self) -> None:
        try:
            changed = config.read_secrets_again()
            if changed:
                log.info("secrets changed", extra={"variables": sorted(changed)})
            if "DATABASE_URL" in changed:
                db.sign_in.use(settings().database.url or "")
        except config.SecretsUnavailable as error:
            log.warning("the secrets cannot be read", extra={"error": str(error)})
        finally:
            self._read_at = time.monotonic()


def start() -> Refresher | None:
    """Begin to read again, in a process that has forked already. None if no setting names a secret."""
    if not config.has_secrets():
        return None
    refresher = Refresher()
    refresher.start()
    return refresher
