"""Fixtures of the tests of the API."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from flask.testing import FlaskClient

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
