"""`app.cli.health`, the health check of a container."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.live_server import LiveServer, free_port

ROOT = Path(__file__).resolve().parents[2]


def check(what: str, heartbeat: Path | None, **settings: str) -> tuple[int, str]:
    env = os.environ | {"SECRET_KEY": "tests", "BILHETERIA_HANG_SECONDS": "5"} | settings
    env |= {"BILHETERIA_HEARTBEAT": str(heartbeat)} if heartbeat else {}
    done = subprocess.run(
        [sys.executable, "-m", "app.cli.health", what], cwd=ROOT, env=env, capture_output=True, text=True
    )
    return done.returncode, done.stderr


def beat(heartbeat: Path, seconds_ago: float) -> Path:
    heartbeat.touch()
    then = time.monotonic() - seconds_ago
    os.utime(heartbeat, (then, then))
    return heartbeat


def test_a_worker_is_healthy_while_its_heartbeat_is_recent(tmp_path: Path) -> None:
    assert check("worker", beat(tmp_path / "now", -60)) == (0, "")
    status, said = check("worker", beat(tmp_path / "then", 60))
    assert status == 1
    assert said.startswith("health: no heartbeat for ")
    assert check("worker", tmp_path / "never") == (1, "health: there was no heartbeat yet\n")


def test_a_health_check_loads_little_and_reads_no_secrets(tmp_path: Path) -> None:
    """It runs every ten seconds in each container, on AWS on a quarter of a processor. The store does not answer."""
    heartbeat = beat(tmp_path / "now", -60)
    store = "secretsmanager:?region=sa-east-1&endpoint=http://127.0.0.1:1"
    stored = {"DATABASE_URL_SECRET": "database", "BILHETERIA_SECRETS": store, "PYTHONPROFILEIMPORTTIME": "1"}
    status, said = check("worker", heartbeat, **stored)
    assert status == 0, said
    loaded = {line.rpartition("|")[2].strip() for line in said.splitlines()}
    assert "app.core.config" in loaded
    assert loaded & {"sqlalchemy", "psycopg2", "flask", "boto3", "gevent"} == set()


def test_a_web_server_is_healthy_when_it_answers(
    make_live_server: Callable[..., LiveServer], tmp_path: Path
) -> None:
    heartbeat = tmp_path / "web.heartbeat"
    server = make_live_server(demo=False, BILHETERIA_HEARTBEAT=str(heartbeat))
    deadline = time.monotonic() + 30
    while not heartbeat.exists():
        assert time.monotonic() < deadline, "the master of gunicorn writes no heartbeat"
        time.sleep(0.1)
    assert check("web", heartbeat, PORT=str(server.port), BILHETERIA_HANG_SECONDS="60") == (0, "")
    assert check("web", beat(tmp_path / "old", 60), PORT=str(server.port))[0] == 1


def test_a_web_server_that_does_not_run_is_unhealthy(tmp_path: Path) -> None:
    status, said = check("web", beat(tmp_path / "now", -60), PORT=str(free_port()))
    assert status == 1
    assert said.startswith("health: /healthz does not answer: ")


@pytest.mark.parametrize("words", [[], ["mail"], ["web", "worker"]])
def test_other_arguments_are_refused(words: list[str]) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "app.cli.health", *words], cwd=ROOT, capture_output=True, text=True
    )
    assert (done.returncode, done.stderr) == (2, "usage: python -m app.cli.health web|worker\n")
