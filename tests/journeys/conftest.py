"""Fixtures of the journeys."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from app.core.config import Settings
from tests.journeys.journey_data import Journey, connected_journey
from tests.live_server import LiveServer

# Texts of the errors of a browser that waited in vain.
WAITED_IN_VAIN = ["playwright._impl._errors", "AssertionError: (Locator|Page) expected"]


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Try a journey in which the browser waited in vain a second time: a machine may be too busy for it.

    The summary names these tests, so that the cause is found.
    """
    for item in items:
        if item.path.is_relative_to(Path(__file__).parent):
            item.add_marker(pytest.mark.flaky(reruns=1, only_rerun=WAITED_IN_VAIN))


@pytest.fixture
def journey(live_server: LiveServer, settings: Settings) -> Iterator[Journey]:
    """The live server, with this process connected to its database; the test makes its own screenings."""
    with connected_journey(live_server, settings) as journey:
        yield journey
