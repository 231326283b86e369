"""`python -m app.cli.health web|worker`: the health check of a container. Exit status 0: the process is healthy.

web       /healthz answers, and gunicorn's master has a recent heartbeat
worker    the worker has a recent heartbeat

It runs every ten seconds in each container, so it loads little and reads no secrets.
"""

from __future__ import annotations

import sys
import threading
import time
from http.client import HTTPConnection, HTTPException

from app.core.config import BadSetting, Settings
from app.core.liveness import Heartbeat

ANSWER_SECONDS = 2.0
EVERY_ADDRESS = {"0.0.0.0": "127.0.0.1", "::": "::1"}  # noqa: S104 - and the address at which to call it


def problem_at(settings: Settings, path: str, *, seconds: float) -> str | None:
    """Why this machine's web server does not serve `path`, in a few words; None if it answers 200."""
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


class AnswerCounter:
    """Counts the answers of `/healthz`: a thread calls it again and again until this process ends."""

    PAUSE_SECONDS = 2.0

    def __init__(self, settings: Settings) -> None:
        self.count = 0
        self._settings = settings

    def start(self) -> None:
        threading.Thread(target=self._run, name="answers", daemon=True).start()

    def _run(self) -> None:
        while True:
            # Other requests may be served first: only no answer at all for `hang_seconds` counts.
            if problem_at(self._settings, "/healthz", seconds=self._settings.process.hang_seconds) is None:
                self.count += 1
            time.sleep(self.PAUSE_SECONDS)


def main(words: list[str]) -> int:
    """Print the problem in one line, if there is one. Returns the exit status."""
    if words not in (["web"], ["worker"]):
        print("usage: python -m app.cli.health web|worker", file=sys.stderr)
        return 2
    try:
        settings = Settings.from_env(with_secrets=False)
    except BadSetting as error:
        print(f"health: {error}", file=sys.stderr)
        return 1
    problem = _old_heartbeat(settings) or (
        problem_at(settings, "/healthz", seconds=ANSWER_SECONDS) if words == ["web"] else None
    )
    if problem:
        print(f"health: {problem}", file=sys.stderr)
    return 1 if problem else 0


def _old_heartbeat(settings: Settings) -> str | None:
    """The problem of the heartbeat in a few words; None if it is recent or not configured."""
    if settings.process.heartbeat is None:
        return None
    last = Heartbeat(settings.process.heartbeat).last()
    if last is None:
        return "there was no heartbeat yet"
    silent = time.monotonic() - last
    return f"no heartbeat for {silent:.0f} s" if silent > settings.process.hang_seconds else None


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
