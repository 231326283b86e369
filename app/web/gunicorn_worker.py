"""gunicorn's gevent worker, with the connections taking turns."""

from __future__ import annotations

from typing import Any

import gevent
from gunicorn.workers.ggevent import GeventWorker

# Not 0: with that the loop would come to other connections only after some fifty turns of those that are running.
NEXT_ROUND = 1e-9  # seconds


class TurnsWorker(GeventWorker):
    """After each request of a connection the others have their turn.

    A greenlet runs until it waits. A client, or a proxy's pooled connection, that has sent its next requests already is
    never waited for: it would have the process for itself until all of them are answered.
    """

    def handle_request(self, listener_name: Any, req: Any, sock: Any, addr: Any) -> Any:
        answered = super().handle_request(listener_name, req, sock, addr)
        gevent.sleep(NEXT_ROUND)
        return answered
