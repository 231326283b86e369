"""`make services` for tests: the whole set of processes on a database of its own, behind nginx at a free port."""

from __future__ import annotations

import http.client
import json
import os
import signal
import sys
import time
import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from app.adapters.storage import Storage, open_storage
from tests.live_server import LiveServer
from tools.build.services import COMMAND
from tools.build.system import find_nginx
from tools.services.plan import CREDENTIALS, REGION, Site

START_SECONDS = 400.0
WAIT_SECONDS = 120.0
END_SECONDS = 45.0


def missing() -> str:
    """What this machine lacks for `make services`; "" if nothing."""
    if find_nginx() is None:
        return "nginx is not installed"
    return "" if COMMAND.exists() else "the stand-in for AWS is not installed"


@dataclass
class Answer:
    status: int
    headers: http.client.HTTPMessage
    text: str

    @property
    def json(self) -> Any:
        return json.loads(self.text)


class ServicesServer(LiveServer):
    """`url` is the address of nginx. Each process can be killed by name; `make services` starts it again."""

    def __init__(self, database_url: str, var: Path, **env: str) -> None:
        super().__init__(database_url, var, env, running=False)
        self.supervisor = self._spawn([sys.executable, "-m", "tools.services"], self.output)
        wait_until(self._is_open, START_SECONDS, self._problem)

    @property
    def output(self) -> Path:
        return self.var / "output"

    def _is_open(self) -> bool:
        return "Ctrl-C ends it" in self.output.read_text() or self.supervisor.poll() is not None

    def _problem(self) -> str:
        log = self.var / "log" / "services.log"
        return f"{self.output.read_text()}\n{log.read_text()[-4000:] if log.exists() else ''}"

    def processes(self) -> dict[str, dict[str, int]]:
        """Name → `pid` and `port`."""
        found: dict[str, dict[str, int]] = json.loads((self.var / "processes.json").read_text())
        return found

    @contextmanager
    def killed(self, *names: str) -> Iterator[None]:
        """Kill these processes by SIGKILL; until the end of the block they are not started again."""
        os.kill(self.supervisor.pid, signal.SIGSTOP)
        try:
            for name in names:
                with suppress(ProcessLookupError):
                    os.killpg(self.processes()[name]["pid"], signal.SIGKILL)
            yield
        finally:
            os.kill(self.supervisor.pid, signal.SIGCONT)

    def is_ready(self, name: str) -> bool:
        answer = request(self.processes()[name]["port"], "GET", "/readyz")
        return answer is not None and answer.status == 200

    def wait_until_ready(self, *names: str) -> None:
        wait_until(lambda: all(self.is_ready(name) for name in names), WAIT_SECONDS, self._problem)

    def get(self, path: str, **headers: str) -> Answer:
        answer = request(self.port, "GET", path, headers=headers)
        assert answer is not None, "nginx does not answer"
        return answer

    def storage(self) -> Storage:
        """The S3 of the processes."""
        os.environ.update(CREDENTIALS)
        site = Site(self.port, self.var, self.database_url, self.processes()["aws"]["port"])
        return open_storage(site.env({})["BILHETERIA_STORAGE"], self.var)

    def messages_in_queues(self) -> dict[str, int]:
        """Queue → its messages, dead letters and those in work included; without the empty ones."""
        import boto3

        port = self.processes()["aws"]["port"]
        client = boto3.session.Session(
            CREDENTIALS["AWS_ACCESS_KEY_ID"], CREDENTIALS["AWS_SECRET_ACCESS_KEY"]
        ).client("sqs", region_name=REGION, endpoint_url=f"http://127.0.0.1:{port}")
        found = {}
        for url in client.list_queues()["QueueUrls"]:
            numbers = client.get_queue_attributes(QueueUrl=url, AttributeNames=["All"])["Attributes"]
            count = sum(int(value) for name, value in numbers.items() if name.startswith("ApproximateNumber"))
            if count:
                found[url.rpartition("/")[2]] = count
        return found

    def stop(self) -> None:
        """End by SIGTERM. Fails if that takes longer than END_SECONDS."""
        if self.supervisor.poll() is None:
            self.supervisor.send_signal(signal.SIGTERM)
            try:
                assert self.supervisor.wait(END_SECONDS) == 0
            finally:
                with suppress(ProcessLookupError):
                    os.killpg(self.supervisor.pid, signal.SIGKILL)


def wait_until(
    done: Callable[[], bool], seconds: float, problem: Callable[[], str], *, every: float = 0.1
) -> None:
    deadline = time.monotonic() + seconds
    while not done():
        assert time.monotonic() < deadline, problem()
        time.sleep(every)


def request(
    port: int, method: str, path: str, body: object = None, headers: dict[str, str] | None = None
) -> Answer | None:
    """The answer of this machine; None without one."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=60)
    try:
        content = None if body is None else json.dumps(body)
        connection.request(method, path, content, {"Content-Type": "application/json", **(headers or {})})
        answer = connection.getresponse()
        return Answer(answer.status, answer.headers, answer.read().decode())
    except (OSError, http.client.HTTPException):
        return None
    finally:
        connection.close()


class ApiBuyer:
    """Buys over the API through nginx. A request that finds a service down is sent again, with the same key."""

    def __init__(self, server: ServicesServer) -> None:
        self.server = server
        self.refused = 0  # answers 503

    def send(self, method: str, path: str, body: object = None) -> Any:
        """The document of the answer, when there is one that is no 503."""
        headers = {"Idempotency-Key": str(uuid.uuid4())} if method == "POST" else {}
        deadline = time.monotonic() + WAIT_SECONDS
        while True:
            answer = request(self.server.port, method, f"/api/v1{path}", body, headers)
            if answer is not None and answer.status in (200, 201, 202):
                return answer.json
            # 409: the same request, whose answer was lost, is still running.
            passing = answer is None or answer.status in (502, 503) or "Retry-After" in answer.headers
            assert passing, answer
            assert time.monotonic() < deadline, answer
            self.refused += 1
            time.sleep(0.2)

    def buy(self, screening: int, quantity: int = 1) -> str:
        """Buy the best seats; returns the order's token when the order is paid. The bank's customer pays by itself."""
        order = self.send("POST", "/orders", {"screening": screening, "quantity": quantity})
        path = f"/orders/{order['token']}"
        seats = [{"seat": one["seat"], "type": "full", "half_kind": None} for one in order["seats"]]
        order = self.send("PUT", f"{path}/types", {"seats": seats, "age_confirmed": True})
        buyer = {"name": "Ana Lima", "email": "ana@example.org", "cpf": "", "method": "pix"}
        self.send("POST", f"{path}/payments", buyer | {"total": order["total"]})
        wait_until(
            lambda: self.send("GET", path)["state"] == "paid",
            WAIT_SECONDS,
            lambda: f"{path} is not paid",
            every=0.5,
        )
        return str(order["token"])
