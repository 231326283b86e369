"""The agent's HTTP: the routes for the page, as JSON. docs/kiosk-machine.md lists them."""

from __future__ import annotations

import json
import logging
from collections.abc import Callable
from dataclasses import asdict, dataclass
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

from kiosk.device import VERSION
from kiosk.device.agent import life
from kiosk.device.agent.access import Access
from kiosk.device.agent.pairing import Pairing, ServerSilent, confirmed_by
from kiosk.device.config import Config
from kiosk.device.printing import status as problems
from kiosk.device.printing.documents import DocumentError, is_job_id, parse_job
from kiosk.device.printing.jobs import Jobs, NoSuchJob, PrinterNotReady
from kiosk.device.printing.journal import OtherJob
from kiosk.device.printing.status import Status

MAX_BODY = 64 * 1024
MAX_SECRET = 200
IDLE_SECONDS = 10  # a client that sends nothing for so long is cut off

log = logging.getLogger(__name__)


class Refused(Exception):
    """The request is answered with this status and error; `facts` stand beside the error."""

    def __init__(self, status: HTTPStatus, error: str, **facts: object) -> None:
        super().__init__(error)
        self.status = status
        self.answer = {"error": error, **facts}


@dataclass(frozen=True)
class Agent:
    """What the routes work with."""

    jobs: Jobs
    pairing: Pairing
    confirm: Callable[[str], bool]  # raises ServerSilent
    run: Path


class AgentServer(ThreadingHTTPServer):
    daemon_threads = True

    def __init__(self, config: Config, jobs: Jobs, pairing: Pairing) -> None:
        super().__init__(("127.0.0.1", config.agent.port), Handler)
        self.port = int(self.server_address[1])
        self.access = Access(config.origin, self.port, pairing)
        address = config.origin + config.agent.pairing_path
        run = Path(config.agent.run)
        self.agent = Agent(jobs, pairing, lambda secret: confirmed_by(address, secret), run)


class Handler(BaseHTTPRequestHandler):
    server: AgentServer
    timeout = IDLE_SECONDS
    server_version = "kiosk-agent"
    sys_version = ""

    def do_OPTIONS(self) -> None:
        refusal = self.server.access.refuse_place(self.headers)  # type: ignore[arg-type]
        if refusal is not None:
            self._answer(refusal.status, {"error": refusal.error}, cors=False)
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
        refusal = self.server.access.refuse_place(self.headers)  # type: ignore[arg-type]
        if refusal is not None:
            self._answer(refusal.status, {"error": refusal.error}, cors=False)
            return
        try:
            pairs = (self.command, self.path) == ("PUT", "/pairing")
            refusal = None if pairs else self.server.access.refuse_stranger(self.headers)  # type: ignore[arg-type]
            if refusal is not None:
                raise Refused(refusal.status, refusal.error)
            status, answer = self._route()
        except Refused as error:
            status, answer = error.status, error.answer
        except Exception:
            log.exception("%s %s failed", self.command, self.path)
            status, answer = HTTPStatus.INTERNAL_SERVER_ERROR, {"error": "internal"}
        self._answer(status, answer)

    def _route(self) -> tuple[HTTPStatus, dict[str, Any]]:
        agent = self.server.agent
        match self.command, self.path.strip("/").split("/"):
            case "PUT", ["pairing"]:
                return _pair(agent, self._json())
            case "POST", ["alive"]:
                life.record(agent.run)
                return HTTPStatus.OK, _state(agent.jobs)
            case "GET", ["status"]:
                return HTTPStatus.OK, _state(agent.jobs)
            case "POST", ["jobs"]:
                return _print(agent.jobs, self._json())
            case "GET", ["jobs"]:
                return HTTPStatus.OK, {"jobs": [asdict(one) for one in agent.jobs.interrupted()]}
            case method, ["jobs", job_id, *rest] if is_job_id(job_id):
                return _one_job(agent.jobs, method, job_id, rest)
        raise Refused(HTTPStatus.NOT_FOUND, "not_found")

    def _json(self) -> object:
        if self.headers.get_content_type() != "application/json":
            raise Refused(HTTPStatus.UNSUPPORTED_MEDIA_TYPE, "json_expected")
        length = self.headers.get("Content-Length", "")
        if not length.isdecimal():
            raise Refused(HTTPStatus.LENGTH_REQUIRED, "length")
        if int(length[:9]) > MAX_BODY:
            raise Refused(HTTPStatus.REQUEST_ENTITY_TOO_LARGE, "too_large")
        try:
            return json.loads(self.rfile.read(int(length)))
        except (ValueError, RecursionError):
            raise Refused(HTTPStatus.BAD_REQUEST, "no_json") from None

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

    def log_message(self, format: str, *arguments: Any) -> None:
        """Log at the level of debugging: the page asks every few seconds."""
        log.debug(format, *arguments)


def _state(jobs: Jobs) -> dict[str, Any]:
    """`printer` and `paper` in the words of the server's devices page; `problems` say it in full."""
    status = jobs.status()
    return {
        "version": VERSION,
        "printer": _printer(status),
        "paper": _paper(status),
        "problems": list(status.problems),
        "interrupted": [asdict(one) for one in jobs.interrupted()],
    }


def _printer(status: Status) -> str:
    words = {problems.ERROR: "failed", problems.COVER_OPEN: "cover_open", problems.OFFLINE: "offline"}
    found = [word for problem, word in words.items() if problem in status.problems]
    # A printer without paper calls itself offline too: the paper is what is to be said.
    if found == ["offline"] and problems.PAPER_OUT in status.problems:
        return "ready"
    return found[0] if found else "ready"


def _paper(status: Status) -> str:
    if problems.PAPER_OUT in status.problems:
        return "out"
    if problems.PAPER_LOW in status.problems:
        return "low"
    return "unknown" if problems.OFFLINE in status.problems else "enough"


def _pair(agent: Agent, body: object) -> tuple[HTTPStatus, dict[str, Any]]:
    secret = body.get("secret") if isinstance(body, dict) else None
    if not isinstance(secret, str) or not 16 <= len(secret) <= MAX_SECRET or not secret.isascii():
        raise Refused(HTTPStatus.UNPROCESSABLE_ENTITY, "secret")
    if not agent.pairing.knows(secret):
        try:
            confirmed = agent.confirm(secret)
        except ServerSilent:
            raise Refused(HTTPStatus.SERVICE_UNAVAILABLE, "server") from None
        if not confirmed:
            raise Refused(HTTPStatus.FORBIDDEN, "secret")
        agent.pairing.store(secret)
    return HTTPStatus.OK, {"paired": True}


def _print(jobs: Jobs, body: object) -> tuple[HTTPStatus, dict[str, Any]]:
    try:
        return HTTPStatus.OK, asdict(jobs.submit(parse_job(body)))
    except DocumentError as error:
        raise Refused(HTTPStatus.UNPROCESSABLE_ENTITY, "document", place=str(error)) from None
    except OtherJob:
        raise Refused(HTTPStatus.CONFLICT, "other_job") from None
    except PrinterNotReady as error:
        raise _not_ready(error) from None


def _one_job(jobs: Jobs, method: str, job_id: str, rest: list[str]) -> tuple[HTTPStatus, dict[str, Any]]:
    try:
        match method, rest:
            case "GET", []:
                entry = jobs.find(job_id)
                if entry is not None:
                    return HTTPStatus.OK, asdict(entry)
            case "POST", ["again"]:
                return HTTPStatus.OK, asdict(jobs.again(job_id))
            case "DELETE", []:
                jobs.dismiss(job_id)
                return HTTPStatus.OK, {"id": job_id, "state": "dismissed"}
    except NoSuchJob:
        raise Refused(HTTPStatus.CONFLICT, "not_interrupted") from None
    except PrinterNotReady as error:
        raise _not_ready(error) from None
    raise Refused(HTTPStatus.NOT_FOUND, "not_found")


def _not_ready(error: PrinterNotReady) -> Refused:
    return Refused(HTTPStatus.SERVICE_UNAVAILABLE, "printer", problems=list(error.status.problems))
