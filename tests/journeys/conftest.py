"""Fixtures of the journeys."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from app.core.config import Settings
from tests.journeys.journey_data import Journey, connected_journey
from tests.live_server import LiveServer


@pytest.fixture
def journey(live_server: LiveServer, settings: Settings) -> Iterator[Journey]:
    """The live server, with this process connected to its database; the test makes its own screenings."""
    with connected_journey(live_server, settings) as journey:
        yield journey
