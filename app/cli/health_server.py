"""`/healthz` and `/readyz` of a process that serves no other addresses: a worker or a relay.

It listens at BILHETERIA_HEALTH_PORT. `/healthz` shows that the process runs, `/readyz` that it can work
(`app.core.readiness`).
"""

from __future__ import annotations

import sys
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from app.core import readiness
from app.core.config import Settings

REQUEST_SECONDS = 5.0


class _Handler(BaseHTTPRequestHandler):
    timeout = REQUEST_SECONDS

    def do_GET(self) -> None:
        if self.path == "/healthz":
            self._answer(200, "ok")
        elif self.path == "/readyz":
            problem = readiness.problem()
            self._answer(503 if problem else 200, problem or "ok")
        else:
            self._answer(404, "only /healthz and /readyz are here")

    def _answer(self, status: int, line: str) -> None:
        body = f"{line}\n".encode()
        self.send_response(status)
        self.send_header("Content-Type", "text/plain")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: object) -> None:
        """Log nothing: health checks come every few seconds."""


class _Server(ThreadingHTTPServer):
    daemon_threads = True


def start(settings: Settings) -> bool:
    """Answer in a thread until the process ends, if there is a port. False, with a line on stderr, if it is taken."""
    if not settings.process.health_port:
        return True
    try:
        server = _Server((settings.web.host, settings.process.health_port), _Handler)
    except OSError as error:
        print(
            f"BILHETERIA_HEALTH_PORT: port {settings.process.health_port}: {error.strerror}", file=sys.stderr
        )
        return False
    threading.Thread(target=server.serve_forever, name="health", daemon=True).start()
    return True
