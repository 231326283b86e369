"""A gevent worker for gunicorn that switches between connections after each request."""

from __future__ import annotations

from types import FrameType
from typing import Any

import gevent
from gunicorn.workers.ggevent import GeventWorker

from app.core import readiness, telemetry

# With 0, gevent would run ready greenlets some fifty times before it polls other connections.
NEXT_ROUND = 1e-9  # seconds


class TurnsWorker(GeventWorker):
    """A gevent worker that serves other connections after each request of one connection.

    A greenlet runs until it waits for something. The greenlet of a connection whose next requests have already arrived
    (a pipelining client, a proxy's pooled connection) never waits: it would block the process until all are answered.
    """

    def handle_exit(self, sig: int, frame: FrameType | None) -> None:
        """End: answer the requests that have come, and be not ready for more."""
        readiness.begin_to_stop()
        super().handle_exit(sig, frame)
        # Live streams can take up the time until the process is killed. The signal may have come within the event loop,
        # where nothing may wait: a greenlet starts the sending.
        gevent.spawn(telemetry.flush)

    def handle_request(self, listener_name: Any, req: Any, sock: Any, addr: Any) -> Any:
        answered = super().handle_request(listener_name, req, sock, addr)
        gevent.sleep(NEXT_ROUND)
        return answered
