"""`make services` when its stand-in for AWS dies: its queues and its bucket are there again."""

from __future__ import annotations

import os
import signal
from collections.abc import Iterator
from pathlib import Path
from threading import Event, Thread

import pytest

from app.adapters.sqs import QueueError, Queues, Sent
from app.core.config import Settings
from app.core.messages import CONSUMERS
from tests.live_server import free_port
from tests.services_server import WAIT_SECONDS, missing, wait_until
from tools.services.plan import CREDENTIALS, Site
from tools.services.running import STAND_IN, ServiceSet

pytestmark = pytest.mark.skipif(bool(missing()), reason=missing())


@pytest.fixture
def watched(
    tmp_path: Path, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> Iterator[tuple[ServiceSet, Queues]]:
    """A set that has its stand-in alone, and is being watched; and the queues there."""
    for name, value in CREDENTIALS.items():
        monkeypatch.setenv(name, value)
    running = ServiceSet(settings, tmp_path)
    site = Site(settings.web.port, tmp_path, "postgresql:///none", free_port())
    running.start_stand_in(site)
    end = Event()
    thread = Thread(target=running.watch, args=(end,))
    thread.start()
    try:
        yield running, Queues(site.env({})["BILHETERIA_QUEUE"])
    finally:
        end.set()
        thread.join(WAIT_SECONDS)
        running.close()


def has_queues(queues: Queues) -> bool:
    try:
        return all(queues.depth(queue) is not None for one in CONSUMERS for queue in (one, f"{one}-dead"))
    except QueueError:
        return False


def test_a_stand_in_that_died_gets_its_queues_again(watched: tuple[ServiceSet, Queues]) -> None:
    running, queues = watched
    assert has_queues(queues)
    before = running.children[STAND_IN].pid
    os.kill(before, signal.SIGKILL)
    wait_until(
        lambda: running.children[STAND_IN].pid not in (0, before) and has_queues(queues),
        WAIT_SECONDS,
        running.log.path.read_text,
    )
    assert queues.send("orders", [Sent("0", "text", {})]) == {}
