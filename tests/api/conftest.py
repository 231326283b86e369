"""Fixtures of the tests of the API."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest
from flask.testing import FlaskClient

from app.core import config
from app.core.config import Settings
from tests.adapters import identity_provider
from tests.adapters.identity_provider import AUDIENCE, ISSUER, Provider
from tests.api.buyer import BASE, Buyer
from tests.core.database_roles import make_roles, requests_as_roles

Get = Callable[..., Any]


@pytest.fixture(autouse=True)
def roles(request: pytest.FixtureRequest) -> Iterator[None]:
    """Each request of a test connects to the database as the role of the process that serves its address."""
    if "database" in request.fixturenames:
        make_roles(request.getfixturevalue("database"))
    with requests_as_roles():
        yield


@pytest.fixture
def get(client: FlaskClient, demo: str) -> Get:
    """GET an address below the API's prefix; the answer's status is 200, or `status`."""

    def read(path: str, *, status: int = 200, **options: Any) -> Any:
        answer = client.get(BASE + path, **options)
        assert answer.status_code == status, answer.text
        return answer.json

    return read


@pytest.fixture
def buyer(client: FlaskClient, demo: str) -> Buyer:
    return Buyer(client)


@pytest.fixture(scope="module")
def running_provider() -> Iterator[Provider]:
    with identity_provider.running() as found:
        yield found


@pytest.fixture
def provider(running_provider: Provider, settings: Settings, demo: str) -> Provider:
    """The identity provider that the settings name."""
    running_provider.status = 200
    address = running_provider.address
    config.use(settings.changed(identity={"issuer": ISSUER, "jwks": address, "audiences": (AUDIENCE,)}))
    return running_provider
