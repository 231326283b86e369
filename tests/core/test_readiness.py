"""When a process says that it is ready: `/readyz`, the same for web servers, workers and relays."""

from __future__ import annotations

import http.client
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import psycopg2
import pytest
from flask.testing import FlaskClient

from app.core import readiness
from tests.live_server import ROOT, free_port

WAIT_SECONDS = 60.0


@pytest.fixture
def version(database: str) -> Iterator[str]:
    """The URL of the database, whose tables have their version back after the test."""
    yield database
    _set_version(database, readiness.expected_version())


def _set_version(url: str, version: str) -> None:
    connection = psycopg2.connect(url)
    with connection, connection.cursor() as cursor:
        cursor.execute("update core.schema_version set version_num = %s", (version,))
    connection.close()


def test_a_process_is_not_ready_while_the_tables_are_too_old(version: str, client: FlaskClient) -> None:
    assert client.get("/readyz").status_code == 200
    _set_version(version, "0017")
    answer = client.get("/readyz")
    assert answer.status_code == 503
    assert answer.text == f"the tables are of version 0017, this code needs {readiness.expected_version()}\n"
    assert client.get("/healthz").status_code == 200


def test_a_process_is_not_ready_without_tables(version: str, client: FlaskClient) -> None:
    connection = psycopg2.connect(version)
    connection.autocommit = True
    cursor = connection.cursor()
    cursor.execute("alter table core.schema_version rename to elsewhere")
    try:
        answer = client.get("/readyz")
    finally:
        cursor.execute("alter table core.elsewhere rename to schema_version")
        connection.close()
    assert answer.status_code == 503
    assert answer.text == "the database has no tables that this process may read: run prepare\n"


def test_the_previous_version_stays_ready_on_newer_tables(version: str, client: FlaskClient) -> None:
    _set_version(version, "9999")
    assert client.get("/readyz").status_code == 200


def test_a_process_that_stops_is_not_ready(client: FlaskClient, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(readiness, "_stopping", False)
    readiness.begin_to_stop()
    answer = client.get("/readyz")
    assert (answer.status_code, answer.text) == (503, "this process is stopping\n")


def _answer(port: int, path: str) -> tuple[int, str] | None:
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=30)
    try:
        connection.request("GET", path)
        answer = connection.getresponse()
        return answer.status, answer.read().decode()
    except OSError:
        return None
    finally:
        connection.close()


def _wait_for(port: int, path: str, status: int) -> str:
    deadline = time.monotonic() + WAIT_SECONDS
    answer = None
    while time.monotonic() < deadline:
        answer = _answer(port, path)
        if answer is not None and answer[0] == status:
            return answer[1]
        time.sleep(0.05)
    raise AssertionError(f"{path} did not answer {status} but {answer}")


def test_a_worker_answers_on_a_port_of_its_own(version: str, tmp_path: Path) -> None:
    port = free_port()
    env = os.environ | {"DATABASE_URL": version, "BILHETERIA_VAR": str(tmp_path), "SECRET_KEY": "tests"}
    env |= {"BILHETERIA_HEALTH_PORT": str(port), "SERVICES": "events"}
    command = [sys.executable, "-m", "app.cli.worker"]
    worker = subprocess.Popen(command, cwd=ROOT, env=env, process_group=0)
    try:
        assert _wait_for(port, "/readyz", 200) == "ok\n"
        assert _wait_for(port, "/healthz", 200) == "ok\n"
        _wait_for(port, "/", 404)
        _set_version(version, "0017")
        assert "this code needs" in _wait_for(port, "/readyz", 503)
        second = subprocess.run(
            command, cwd=ROOT, env=env, capture_output=True, text=True, timeout=WAIT_SECONDS
        )
        assert second.returncode == 1
        assert second.stderr.strip() == f"BILHETERIA_HEALTH_PORT: port {port}: Address already in use"
        worker.send_signal(signal.SIGTERM)
        assert worker.wait(WAIT_SECONDS) == 0
    finally:
        if worker.poll() is None:
            os.killpg(worker.pid, signal.SIGKILL)
            worker.wait()
