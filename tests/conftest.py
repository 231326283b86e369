"""Fixtures of all tests: a real Postgres, the application on it, the real processes, a real browser.

database      URL of this test process's database: all tables; emptied before each test that uses it
app, client   the application on `database`, and Flask's test client (CSRF is on as for visitors)
demo          `database` filled by the demo's loader
live_server   gunicorn and worker with the demo, shared by a module; `start_live_server` starts further ones
page          a page of a real Chromium; `new_page(**options)` for another device
"""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from argon2 import PasswordHasher
from flask import Flask
from flask.testing import FlaskClient
from hypothesis import HealthCheck
from hypothesis import settings as property_settings

from app import create_app
from app.core import cache, config, db
from app.core.config import Settings, environment
from app.users import passwords
from tests import databases
from tests.chromium import Chromium
from tests.databases import Content, Databases, Rows
from tests.live_server import LiveServer

if TYPE_CHECKING:
    from playwright.sync_api import Page

# Tests here start processes or browsers, wait for timers, or send thousands of requests.
SLOW_FOLDERS = {
    "adapters", "api", "cli", "core", "crash", "infra", "journeys", "kiosk_device", "races", "setup", "web",
}  # fmt: skip
SERVER = "PYTEST_POSTGRES_SERVER"
FOLDER = "PYTEST_POSTGRES_FOLDER"
BROWSER_SECONDS = (
    30  # the time limit of a step on a busy machine; Playwright goes on as soon as the page is ready
)
# A slow example is no failure: the properties are about results, not about time.
property_settings.register_profile(
    "bilheteria", deadline=None, suppress_health_check=[HealthCheck.too_slow], print_blob=True
)
property_settings.load_profile("bilheteria")

# Tests and the processes that they start ignore the settings of the person who runs them.
for _name in environment.names(Settings):
    os.environ.pop(_name, None)

_server: Any = None


def pytest_sessionstart(session: pytest.Session) -> None:
    """One server for the run: the first process starts it, the workers of xdist inherit its address."""
    global _server
    if hasattr(session.config, "workerinput") or session.config.option.collectonly:
        return
    _server = databases.start_server()
    os.environ[SERVER] = _server.url
    os.environ[FOLDER] = str(_server.place.root)


def pytest_sessionfinish(session: pytest.Session) -> None:
    global _server
    if _server is not None:
        databases.stop_server(_server)
        _server = None


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Begin with slow files, end with small quick ones: a slow file that begins last leaves the other cores idle."""
    tests = Counter(item.path for item in items)
    items.sort(key=lambda item: (item.path.parent.name not in SLOW_FOLDERS, -tests[item.path]))


@pytest.fixture(scope="session")
def worker_name(request: pytest.FixtureRequest) -> str:
    """gw0, gw1 … under xdist, else main."""
    workerinput = getattr(request.config, "workerinput", {})
    return str(workerinput.get("workerid", "main"))


@pytest.fixture(scope="session")
def all_databases() -> Databases:
    """The maker of further databases on the server of the test run."""
    return Databases(os.environ[SERVER], Path(os.environ[FOLDER]))


@pytest.fixture(scope="session")
def postgres_url(all_databases: Databases) -> str:
    """The URL of the server of the test run, for tests that make their own databases."""
    return all_databases.server_url


@pytest.fixture(scope="session", autouse=True)
def production_hasher() -> Iterator[PasswordHasher]:
    """The hasher of production. Tests hash by cheap settings: each password costs 0.04 s of processor time less."""
    production = passwords._hasher
    passwords._hasher = PasswordHasher(time_cost=1, memory_cost=8, parallelism=1)
    yield production
    passwords._hasher = production


@pytest.fixture(scope="session")
def _worker_database(all_databases: Databases, worker_name: str) -> str:
    return all_databases.create(f"test_{worker_name}", all_databases.migrated())


@pytest.fixture(scope="session")
def _rows(_worker_database: str) -> Rows:
    return Rows(_worker_database)


@pytest.fixture(scope="session")
def _settings(_worker_database: str, tmp_path_factory: pytest.TempPathFactory) -> Settings:
    return Settings().changed(
        process={"testing": True},
        storage={"var": tmp_path_factory.mktemp("var")},
        # A slow answer of a busy machine must not count as an outage.
        database={"url": _worker_database, "statement_seconds": 30},
        web={"secret_key": "tests-secret-key", "public_url": "http://localhost"},
        # Tickets of all screenings of today are admitted, unless a test sets another value.
        cinema={"doors_open_minutes": 60},
    )


@pytest.fixture(scope="session")
def _application(_settings: Settings) -> Flask:
    return create_app(_settings)


@pytest.fixture
def settings(_settings: Settings) -> Settings:
    """The settings of the tests, current again even after a test that used others."""
    return config.use(_settings)


@pytest.fixture
def database(_worker_database: str, _rows: Rows, settings: Settings) -> str:
    """The URL of a database with all tables and no rows; `core.db` is connected to it."""
    _rows.empty()
    _connect(_worker_database, settings)
    cache.clear_all()
    return _worker_database


def _connect(url: str, settings: Settings) -> None:
    """Connect `core.db` to `url`, unless it is connected to it."""
    try:
        connected = db.engine().url.render_as_string(hide_password=False)
    except db.NoTransaction:
        connected = ""
    if connected.partition("://")[2] != url.partition("://")[2]:
        db.connect(url, pool_size=settings.database.pool_size)


@pytest.fixture
def app(database: str, settings: Settings, _application: Flask) -> Flask:
    """The application on an empty database."""
    _connect(database, settings)
    return _application


@pytest.fixture
def client(app: Flask) -> FlaskClient:
    return app.test_client()


@pytest.fixture(scope="session")
def _demo_by_hour() -> dict[datetime, Content]:
    """The demo's rows by the hour that they were loaded in: its screenings begin with the day of the load."""
    return {}


@pytest.fixture
def demo(database: str, _rows: Rows, _demo_by_hour: dict[datetime, Content]) -> str:
    """`database` with the demo's cinemas, films, screenings, counter and people."""
    from app.cli.demo import load_demo

    hour = datetime.now(UTC).replace(minute=0, second=0, microsecond=0)
    if hour in _demo_by_hour:
        _rows.write(_demo_by_hour[hour])
    else:
        with db.transaction():
            load_demo()
        _demo_by_hour[hour] = _rows.read()
    return database


@pytest.fixture
def make_live_server(
    all_databases: Databases, worker_name: str, tmp_path: Path
) -> Iterator[Callable[..., LiveServer]]:
    """Start real processes with settings of their own: `make_live_server(demo=False, BILHETERIA_MAX_SEATS="4")`."""
    yield from _live_servers(all_databases, f"live_{worker_name}", tmp_path)


@pytest.fixture(scope="module")
def live_server(
    all_databases: Databases, worker_name: str, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[LiveServer]:
    """The real processes with the demo, for the tests of one module."""
    maker = _live_servers(all_databases, f"shared_{worker_name}", tmp_path_factory.mktemp("live"))
    yield next(maker)()
    next(maker, None)


def _live_servers(all_databases: Databases, name: str, folder: Path) -> Iterator[Callable[..., LiveServer]]:
    started: list[tuple[str, LiveServer]] = []

    def start(*, demo: bool = True, running: bool = True, **env: str) -> LiveServer:
        template = all_databases.with_demo() if demo else all_databases.migrated()
        database = f"{name}_{len(started)}"
        server = LiveServer(all_databases.create(database, template), folder / database, env, running=running)
        started.append((database, server))
        return server

    try:
        yield start
    finally:
        for database, server in started:
            server.stop()
            all_databases.drop(database)


@pytest.fixture(scope="session")
def chromium() -> Iterator[Chromium]:
    """The Chromium of this test process."""
    from playwright.sync_api import expect, sync_playwright

    expect.set_options(timeout=BROWSER_SECONDS * 1000)
    with sync_playwright() as playwright:
        chromium = Chromium(playwright.chromium)
        yield chromium
        chromium.close()


@pytest.fixture
def new_page(chromium: Chromium) -> Iterator[Callable[..., Page]]:
    """A function that opens a page in its own browser context, with Playwright's options (viewport, locale, …).

    A script error or a breach of the Content Security Policy fails the test.
    """
    from tests.late_assets import delay_assets

    complaints: list[str] = []
    contexts = []

    def open_page(**options: Any) -> Page:
        context = chromium.browser.new_context(
            **{"locale": "pt-BR", "viewport": {"width": 390, "height": 844}} | options
        )
        context.set_default_timeout(BROWSER_SECONDS * 1000)
        contexts.append(context)
        delay_assets(context)
        context.on("weberror", lambda error: complaints.append(str(error.error)))
        context.on(
            "console", lambda said: complaints.append(said.text) if _breaks_policy(said.text) else None
        )
        return context.new_page()

    yield open_page
    for context in contexts:
        chromium.close_context(context)
    assert not complaints, complaints


def _breaks_policy(text: str) -> bool:
    return "Content Security Policy" in text


@pytest.fixture
def page(new_page: Callable[..., Page]) -> Page:
    """A page the size of a phone, in Portuguese."""
    return new_page()
