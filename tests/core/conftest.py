"""Fixtures of the tests of a delivery source: each such test runs once for each implementation."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from app.core.deliveries import DeliverySource
from tests.core.delivery_forms import FORMS, Form


@pytest.fixture(params=FORMS, ids=["outbox", "sqs"])
def form(request: pytest.FixtureRequest, database: str) -> Iterator[Form]:
    with request.param() as opened:
        yield opened


@pytest.fixture
def source(form: Form) -> DeliverySource:
    return form.source()


@pytest.fixture
def other(form: Form) -> DeliverySource:
    """The source of another worker."""
    return form.source()
