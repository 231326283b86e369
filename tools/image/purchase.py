"""A web server and a worker of the image on a database of this checkout, and a purchase by the API."""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import time
import uuid
from collections.abc import Callable
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from http.client import HTTPConnection, HTTPException
from pathlib import Path
from typing import Any, Self

from app.adapters import postgres
from app.adapters.postgres import PostgresServer
from tools.build.steps import SetupError
from tools.image.buildah import Buildah

WAIT_SECONDS = 180.0


class Site:
    """The processes of the image, from `start` to the end of the block."""

    def __init__(self, buildah: Buildah, folder: Path) -> None:
        self._buildah, self._folder = buildah, folder
        self._secret_key = uuid.uuid4().hex
        self._database: PostgresServer | None = None
        self._processes: list[subprocess.Popen[bytes]] = []
        with socket.create_server(("127.0.0.1", 0)) as probe:
            self.port = int(probe.getsockname()[1])

    def __enter__(self) -> Self:
        # The account of the image must reach the socket.
        self._database = postgres.start(self._folder / "postgres", {"unix_socket_permissions": "0777"})
        self._database.place.socket_dir.chmod(0o711)
        return self

    def start(self) -> float:
        """Make the tables, start worker and web server; returns the seconds until it is ready. Raises SetupError."""
        if self._process(["python", "-m", "app.cli.prepare"]).wait(WAIT_SECONDS):
            raise SetupError(f"the tables could not be made:\n{self._log()}")
        self._process(["python", "-m", "app.cli.worker"])
        begun = time.monotonic()
        self._process(["gunicorn", "--config", "app/web/gunicorn_conf.py"])
        wait(lambda: send(self.port, "GET", "/readyz")[0] == 200, "the web server is not ready")
        return time.monotonic() - begun

    def _log(self) -> str:
        return (self._folder / "log").read_text(errors="replace")[-4000:]

    def _process(self, command: list[str]) -> subprocess.Popen[bytes]:
        assert self._database is not None
        env = {
            "DATABASE_URL": self._database.url,
            "SECRET_KEY": self._secret_key,
            "BILHETERIA_DEMO": "1",
            "BILHETERIA_HOST": "127.0.0.1",
            "BILHETERIA_SANDBOX_PIX": "auto:1",
            "PORT": str(self.port),
            "WEB_WORKERS": "1",
        }
        volumes = [self._database.place.socket_dir]
        process = self._buildah.start(command, env, volumes, self._folder / "log")
        self._processes.append(process)
        return process

    def __exit__(self, *_: object) -> None:
        for process in self._processes:
            with suppress(ProcessLookupError):
                os.killpg(process.pid, signal.SIGTERM)
        for process in self._processes:
            process.wait()
        if self._database is not None:
            self._database.stop(patience=10)


def buy(port: int) -> int:
    """Buy two seats together for tomorrow by Pix; returns the size of the PDF. Raises SetupError."""
    order = _order_of_two(port)
    token = order["token"]
    seats = [{"seat": one["seat"], "type": "full", "half_kind": None} for one in order["seats"]]
    order = _document(port, "PUT", f"/orders/{token}/types", {"seats": seats, "age_confirmed": True})
    buyer = {"name": "Ana Lima", "email": "ana@example.org", "cpf": "", "method": "pix"}
    _document(port, "POST", f"/orders/{token}/payments", buyer | {"total": order["total"]})
    wait(lambda: _document(port, "GET", f"/orders/{token}")["state"] == "paid", "the order is not paid")
    path = f"/orders/{token}/tickets.pdf"
    wait(lambda: send(port, "GET", path)[0] == 200, "the PDF is not stored")
    content = send(port, "GET", path)[1]
    if not content.startswith(b"%PDF"):
        raise SetupError("the tickets are no PDF")
    return len(content)


def _order_of_two(port: int) -> Any:
    """The order of two seats, in the first of tomorrow's screenings that has them: some of the demo's are full."""
    tomorrow = (datetime.now(UTC) + timedelta(days=1)).date()
    for screening in _document(port, "GET", f"/screenings?day={tomorrow}&limit=100")["items"]:
        wanted = {"screening": screening["id"], "quantity": 2}
        status, content = send(port, "POST", "/api/v1/orders", wanted)
        if status == 201:
            return json.loads(content)
        if status != 409:
            raise SetupError(f"POST /orders: {status} {content[:300].decode()}")
    raise SetupError("no screening of tomorrow has two seats together")


def wait(done: Callable[[], bool], problem: str) -> None:
    deadline = time.monotonic() + WAIT_SECONDS
    while not done():
        if time.monotonic() > deadline:
            raise SetupError(problem)
        time.sleep(0.1)


def send(port: int, method: str, path: str, body: object = None) -> tuple[int, bytes]:
    """Status and content of the answer; status 0 without one."""
    headers = {"Content-Type": "application/json", "Idempotency-Key": str(uuid.uuid4())}
    connection = HTTPConnection("127.0.0.1", port, timeout=30)
    try:
        connection.request(method, path, json.dumps(body) if body is not None else None, headers)
        answer = connection.getresponse()
        return answer.status, answer.read()
    except (OSError, HTTPException):
        return 0, b""
    finally:
        connection.close()


def _document(port: int, method: str, path: str, body: object = None) -> Any:
    status, content = send(port, method, f"/api/v1{path}", body)
    if status not in (200, 201, 202):
        raise SetupError(f"{method} {path}: {status} {content[:300].decode()}")
    return json.loads(content)
