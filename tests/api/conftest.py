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

Get = Callable[..., Any]


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
