"""The agent's HTTP: routes, checks and headers. docs/kiosk-machine.md lists the routes."""

from __future__ import annotations

import json
import logging
from dataclasses import asdict
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

from kiosk.device.agent import answers, heartbeat, start_page
from kiosk.device.agent.access import Access
from kiosk.device.agent.pairing import Pairing, confirmed_by, server_answers
from kiosk.device.config import Config
from kiosk.device.printing.documents import is_job_id
from kiosk.device.printing.jobs import Jobs

MAX_BODY = 64 * 1024
IDLE_SECONDS = 10  # a client that sends nothing for so long is cut off

log = logging.getLogger(__name__)


class AgentServer(ThreadingHTTPServer):
    daemon_threads = True

    def __init__(self, config: Config, jobs: Jobs, pairing: Pairing) -> None:
        super().__init__(("127.0.0.1", config.agent.port), Handler)
        self.port = int(self.server_address[1])
        self.access = Access(config.origin, self.port, pairing)
        self.origin = config.origin
        self.start_page = start_page.make(config)
        address = config.origin + config.agent.pairing_path
        run = Path(config.agent.run)
        self.agent = answers.Agent(jobs, pairing, lambda secret: confirmed_by(address, secret), run)


class Handler(BaseHTTPRequestHandler):
    server: AgentServer
    timeout = IDLE_SECONDS
    server_version = "kiosk-agent"
    sys_version = ""

    def do_OPTIONS(self) -> None:
        if self._refused_at_once():
            return
        self._answer(HTTPStatus.NO_CONTENT, None, preflight=True)

    def do_GET(self) -> None:
        self._handle()

    def do_POST(self) -> None:
        self._handle()

    def do_PUT(self) -> None:
        self._handle()

    def do_DELETE(self) -> None:
        self._handle()

    def _handle(self) -> None:
        if self._refused_at_once():
            return
        try:
            status, answer = self._route()
        except answers.Refused as error:
            status, answer = error.status, error.answer
        except Exception:
            log.exception("%s %s failed", self.command, self.path)
            status, answer = HTTPStatus.INTERNAL_SERVER_ERROR, {"error": "internal"}
        self._answer(status, answer)

    def _refused_at_once(self) -> bool:
        """Answer a request from elsewhere, and that for the start page, which is no secret."""
        access, headers = self.server.access, self.headers
        refusal = access.refuse_host(headers)
        if refusal is None and (self.command, self.path) == ("GET", "/start"):
            self._start_page()
            return True
        if refusal is None:
            refusal = access.refuse_origin(headers, own=(self.command, self.path) == ("POST", "/heartbeat"))
        if refusal is not None:
            self._answer(refusal.status, {"error": refusal.error}, cors=False)
        return refusal is not None

    def _require_secret(self) -> None:
        refusal = self.server.access.refuse_stranger(self.headers)
        if refusal is not None:
            raise answers.Refused(refusal.status, refusal.error)

    def _route(self) -> tuple[HTTPStatus, dict[str, Any]]:
        agent = self.server.agent
        place = self.command, self.path.strip("/").split("/")
        if place == ("PUT", ["pairing"]):
            return answers.pair(agent, self._json())
        if place == ("POST", ["heartbeat"]):
            heartbeat.record(
                agent.run
            )  # before the secret: a machine that waits for its pairing sends it too
            if self.headers.get("Origin") == self.server.access.own_origin:
                return HTTPStatus.OK, {"server": server_answers(self.server.origin)}
        self._require_secret()
        match place:
            case ("POST", ["heartbeat"]) | ("GET", ["status"]):
                return HTTPStatus.OK, answers.state(agent.jobs)
            case "POST", ["jobs"]:
                return answers.print_job(agent.jobs, self._json())
            case "GET", ["jobs"]:
                return HTTPStatus.OK, {"jobs": [asdict(one) for one in agent.jobs.interrupted()]}
            case method, ["jobs", job_id, *rest] if is_job_id(job_id):
                return answers.one_job(agent.jobs, method, job_id, rest)
        raise answers.Refused(HTTPStatus.NOT_FOUND, "not_found")

    def _json(self) -> object:
        if self.headers.get_content_type() != "application/json":
            raise answers.Refused(HTTPStatus.UNSUPPORTED_MEDIA_TYPE, "json_expected")
        length = self.headers.get("Content-Length", "")
        if not length.isdecimal():
            raise answers.Refused(HTTPStatus.LENGTH_REQUIRED, "length")
        if len(length) > 9 or int(length) > MAX_BODY:
            raise answers.Refused(HTTPStatus.REQUEST_ENTITY_TOO_LARGE, "too_large")
        try:
            return json.loads(self.rfile.read(int(length)))
        except (ValueError, RecursionError):
            raise answers.Refused(HTTPStatus.BAD_REQUEST, "no_json") from None

    def _answer(
        self, status: HTTPStatus, answer: dict[str, Any] | None, *, cors: bool = True, preflight: bool = False
    ) -> None:
        body = b"" if answer is None else json.dumps(answer).encode()
        self.send_response(status)
        if cors:
            for name, value in self.server.access.cors(preflight=preflight).items():
                self.send_header(name, value)
        self.send_header("Cache-Control", "no-store")
        self.send_header("X-Content-Type-Options", "nosniff")
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def _start_page(self) -> None:
        page = self.server.start_page
        self.send_response(HTTPStatus.OK)
        self.send_header("Content-Type", "text/html; charset=utf-8")
        self.send_header("Content-Security-Policy", page.policy)
        self.send_header("Cache-Control", "no-store")
        self.send_header("Content-Length", str(len(page.body)))
        self.end_headers()
        self.wfile.write(page.body)

    def log_message(self, format: str, *arguments: Any) -> None:
        """Log at the level of debugging: the page asks every few seconds."""
        log.debug(format, *arguments)
