"""What most journeys begin with."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from app.core.config import Settings
from tests.journeys.house import House, in_the_house
from tests.live_server import LiveServer


@pytest.fixture
def house(live_server: LiveServer, settings: Settings) -> Iterator[House]:
    """The running house with its tables at hand; its rooms are made by the test."""
    with in_the_house(live_server, settings) as house:
        yield house
