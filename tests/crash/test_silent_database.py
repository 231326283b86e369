"""A database that says nothing: pages answer all the same, and everything is back by itself when it speaks again."""

from __future__ import annotations

import time
import urllib.error
import urllib.request
import uuid
from collections.abc import Callable, Iterator

import pytest

from tests.live_server import LiveServer
from tests.silent_proxy import SilentProxy, silent_proxy

PATIENCE = 90.0
# Pages promise three seconds; a busy machine may take longer. Without limits they never answered.
ANSWER_SECONDS = 15.0
PAGES = ("/", "/readyz", "/account/orders")


@pytest.fixture
def proxy(postgres_url: str) -> Iterator[SilentProxy]:
    with silent_proxy(postgres_url) as proxy:
        yield proxy


@pytest.fixture
def server(proxy: SilentProxy, make_live_server: Callable[..., LiveServer], worker_name: str) -> LiveServer:
    """Web and worker that reach their database through `proxy`, with the limits of a real installation."""
    url = proxy.url_of(f"live_{worker_name}_0")
    server = make_live_server(DATABASE_URL=url, BILHETERIA_DB_SECONDS="2", WEB_WORKERS="1")
    assert server.database_url.partition("?")[0].endswith(url.rpartition("/")[2])
    return server


def status(server: LiveServer, page: str) -> int:
    """Raises TimeoutError where no answer comes."""
    try:
        with urllib.request.urlopen(server.url + page, timeout=ANSWER_SECONDS) as answer:
            return int(answer.status)
    except urllib.error.HTTPError as error:
        return error.code


def until(condition: Callable[[], bool]) -> None:
    deadline = time.monotonic() + PATIENCE
    while not condition():
        assert time.monotonic() < deadline, "it did not happen in time"
        time.sleep(0.2)


def handled(server: LiveServer) -> Callable[[], bool]:
    """Writes a message for the worker; the result tells whether the worker has handled it."""
    message = str(uuid.uuid4())
    server.query(
        "insert into core.outbox (message_id, consumer, kind, payload)"
        " select %s, 'reservations', 'SeatsFreed', jsonb_build_object('screening_id', min(id)) from events.screenings",
        message,
    )
    return lambda: bool(server.query("select 1 from core.processed where message_id = %s", message))


def test_connections_that_are_dead_without_a_word(server: LiveServer, proxy: SilentProxy) -> None:
    """As after a failover: the old server is gone, a new one answers. Nothing is started again for it."""
    assert [status(server, page) for page in PAGES] == [200, 200, 200]
    until(handled(server))
    proxy.silence_existing()
    waiting = handled(server)
    until(lambda: status(server, "/readyz") == 200)
    until(lambda: [status(server, page) for page in PAGES] == [200, 200, 200])
    until(waiting)
    assert server.web is not None
    assert server.web.poll() is None
    assert server.worker is not None
    assert server.worker.poll() is None


def test_a_database_that_accepts_and_says_nothing(server: LiveServer, proxy: SilentProxy) -> None:
    until(handled(server))
    assert status(server, "/") == 200
    proxy.silence_all()
    until(lambda: status(server, "/readyz") == 503)
    until(lambda: status(server, "/") == 503)  # what was kept of it is shown a moment longer
    assert status(server, "/account/sign-in") in (200, 503)
    assert status(server, "/healthz") == 200
    waiting = handled(server)
    proxy.resume()
    until(lambda: [status(server, page) for page in PAGES] == [200, 200, 200])
    until(waiting)
