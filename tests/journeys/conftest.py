"""Fixtures of the journeys."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from app.core.config import Settings
from tests.journeys.door_steps import open_at_noon
from tests.journeys.journey_data import Journey, connected_journey
from tests.journeys.offline_door_steps import Bought, NewPage, take_two_tickets
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


@pytest.fixture(scope="module")
def server(live_server: LiveServer) -> LiveServer:
    """The live server with its doors open: all screenings of today admit their tickets."""
    return open_at_noon(live_server)


@pytest.fixture(scope="module")
def stock() -> list[Bought]:
    """Tickets that are bought and not yet used by a test."""
    return []


@pytest.fixture
def bought(new_page: NewPage, server: LiveServer, stock: list[Bought]) -> Bought:
    """Two tickets that no other test uses."""
    return take_two_tickets(stock, new_page, server)
