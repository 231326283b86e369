"""`python -m app.cli.health web|worker`: the health check of a container. Exit status 0: the process here is well.

web       /healthz answers, and gunicorn's master has given a sign of life
worker    it has given a sign of life
"""

from __future__ import annotations

import sys
import threading
import time
from http.client import HTTPConnection, HTTPException

from app.core.config import BadSetting, Settings
from app.core.liveness import Heartbeat

ANSWER_SECONDS = 2.0
EVERY_ADDRESS = {"0.0.0.0": "127.0.0.1", "::": "::1"}  # noqa: S104 - and one of them to ask at


def wrong_at(settings: Settings, path: str, *, seconds: float) -> str | None:
    """What is wrong with the answer of this machine's web server for `path`; None: it is a 200."""
    host = EVERY_ADDRESS.get(settings.web.host, settings.web.host)
    connection = HTTPConnection(host, settings.web.port, timeout=seconds)
    try:
        connection.request("GET", path)
        status = connection.getresponse().status
        return None if status == 200 else f"{path} answers {status}"
    except (OSError, HTTPException) as error:
        return f"{path} does not answer: {error}"
    finally:
        connection.close()


class Answers:
    """How often `/healthz` was answered: a thread asks again and again, for as long as this process lives."""

    PAUSE_SECONDS = 2.0

    def __init__(self, settings: Settings) -> None:
        self.count = 0
        self._settings = settings

    def ask_on(self) -> None:
        threading.Thread(target=self._ask_on, name="answers", daemon=True).start()

    def _ask_on(self) -> None:
        while True:
            # A crowd may have to be served first: late is no worse than never answered.
            if wrong_at(self._settings, "/healthz", seconds=self._settings.process.hang_seconds) is None:
                self.count += 1
            time.sleep(self.PAUSE_SECONDS)


def main(words: list[str]) -> int:
    """Says in one line what is not well; returns the exit status."""
    if words not in (["web"], ["worker"]):
        print("health: say web or worker", file=sys.stderr)
        return 2
    try:
        settings = Settings.from_env()
    except BadSetting as error:
        print(f"health: {error}", file=sys.stderr)
        return 1
    problem = _silent(settings) or (
        wrong_at(settings, "/healthz", seconds=ANSWER_SECONDS) if words == ["web"] else None
    )
    if problem:
        print(f"health: {problem}", file=sys.stderr)
    return 1 if problem else 0


def _silent(settings: Settings) -> str | None:
    if settings.process.heartbeat is None:
        return None
    last = Heartbeat(settings.process.heartbeat).last()
    if last is None:
        return "there was no sign of life yet"
    silent = time.monotonic() - last
    return f"no sign of life for {silent:.0f} s" if silent > settings.process.hang_seconds else None


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
