"""What the agent answers to a request that it lets in, as JSON."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import asdict, dataclass
from http import HTTPStatus
from pathlib import Path
from typing import Any

from kiosk.device import VERSION
from kiosk.device.agent.pairing import Pairing, ServerSilent
from kiosk.device.printing import status as problems
from kiosk.device.printing.documents import DocumentError, parse_job
from kiosk.device.printing.jobs import Jobs, NoSuchJob, PrinterNotReady
from kiosk.device.printing.journal import OtherJob
from kiosk.device.printing.status import Status

MAX_SECRET = 200


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


def state(jobs: Jobs) -> dict[str, Any]:
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
    if problems.ABSENT in status.problems:
        return "unknown"
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
    return "unknown" if {problems.OFFLINE, problems.ABSENT} & set(status.problems) else "enough"


def pair(agent: Agent, body: object) -> tuple[HTTPStatus, dict[str, Any]]:
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


def print_job(jobs: Jobs, body: object) -> tuple[HTTPStatus, dict[str, Any]]:
    try:
        return HTTPStatus.OK, asdict(jobs.submit(parse_job(body)))
    except DocumentError as error:
        raise Refused(HTTPStatus.UNPROCESSABLE_ENTITY, "document", place=str(error)) from None
    except OtherJob:
        raise Refused(HTTPStatus.CONFLICT, "other_job") from None
    except PrinterNotReady as error:
        raise _not_ready(error) from None


def one_job(jobs: Jobs, method: str, job_id: str, rest: list[str]) -> tuple[HTTPStatus, dict[str, Any]]:
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
