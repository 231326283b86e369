"""A silent database: pages answer within their limit, and web and worker recover without a restart."""

from __future__ import annotations

import time
import urllib.error
import urllib.request
import uuid
from collections.abc import Callable, Iterator

import pytest

from tests.live_server import LiveServer
from tests.silent_proxy import SilentProxy, silent_proxy

WAIT_LIMIT = 90.0
# Pages answer within three seconds; a busy machine may take longer. Without limits they would never answer.
ANSWER_SECONDS = 15.0
PAGES = ("/", "/readyz", "/account/orders", "/api/v1/films")


@pytest.fixture
def proxy(postgres_url: str) -> Iterator[SilentProxy]:
    with silent_proxy(postgres_url) as proxy:
        yield proxy


@pytest.fixture
def server(
    proxy: SilentProxy, make_live_server: Callable[..., LiveServer], worker_name: str
) -> Iterator[LiveServer]:
    """Web and worker that reach their database through `proxy`, with the limits of a real installation."""
    url = proxy.url_of(f"live_{worker_name}_0")
    server = make_live_server(DATABASE_URL=url, BILHETERIA_DB_SECONDS="2", WEB_WORKERS="1")
    assert server.database_url.partition("?")[0].endswith(url.rpartition("/")[2])
    yield server
    server.kill_web()  # their ordinary end waits for the connections that have become silent
    server.kill_worker()


def status(server: LiveServer, page: str) -> int:
    """The status of the page. Raises TimeoutError without an answer."""
    try:
        with urllib.request.urlopen(server.url + page, timeout=ANSWER_SECONDS) as answer:
            return int(answer.status)
    except urllib.error.HTTPError as error:
        return error.code


def wait_until(condition: Callable[[], bool]) -> None:
    deadline = time.monotonic() + WAIT_LIMIT
    while not condition():
        assert time.monotonic() < deadline, "the condition did not become true in time"
        time.sleep(0.2)


def publish_and_check(server: LiveServer) -> Callable[[], bool]:
    """Publish a message; the returned function says whether the worker has handled it."""
    message = str(uuid.uuid4())
    server.query(
        "insert into core.outbox (message_id, consumer, kind, payload)"
        " select %s, 'reservations', 'SeatsFreed', jsonb_build_object('screening_id', min(id)) from events.screenings",
        message,
    )
    return lambda: bool(server.query("select 1 from core.processed where message_id = %s", message))


def test_web_and_worker_recover_from_silence_without_a_restart(
    server: LiveServer, proxy: SilentProxy
) -> None:
    assert server.web is not None
    assert server.worker is not None
    assert [status(server, page) for page in PAGES] == [200] * len(PAGES)
    wait_until(publish_and_check(server))
    recover_from_silent_connections(server, proxy)
    recover_from_a_silent_database(server, proxy)
    assert server.web.poll() is None
    assert server.worker.poll() is None


def recover_from_silent_connections(server: LiveServer, proxy: SilentProxy) -> None:
    """After a failover the old server is silent and a new one answers."""
    proxy.silence_existing()
    waiting = publish_and_check(server)
    wait_until(lambda: status(server, "/readyz") == 200)
    wait_until(lambda: [status(server, page) for page in PAGES] == [200] * len(PAGES))
    wait_until(waiting)


def recover_from_a_silent_database(server: LiveServer, proxy: SilentProxy) -> None:
    proxy.silence_all()
    wait_until(lambda: status(server, "/readyz") == 503)
    wait_until(lambda: status(server, "/") == 503)  # cached pages are still shown for a moment
    assert status(server, "/api/v1/films") == 503
    assert status(server, "/account/sign-in") in (200, 503)
    assert status(server, "/healthz") == 200
    waiting = publish_and_check(server)
    proxy.resume()
    wait_until(lambda: [status(server, page) for page in PAGES] == [200] * len(PAGES))
    wait_until(waiting)
