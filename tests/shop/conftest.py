from __future__ import annotations

from collections.abc import Iterator

import pytest
from flask import Flask

from app.core import config
from app.core.config import Settings
from app.events.service import Screening
from tests import oidc_provider
from tests.oidc_provider import HostedPages
from tests.reservations.auditoriums import make_screening
from tests.shop.programme_pages import make_three_screenings
from tests.shop.visitor import Visitor


@pytest.fixture
def screening(app: Flask) -> Screening:
    return make_screening("oooooooooo", "vvvv")


@pytest.fixture
def ana(app: Flask) -> Visitor:
    """A visitor whose browser asks for English."""
    visitor = Visitor(app)
    visitor.client.set_cookie("language", "en")
    return visitor


@pytest.fixture
def empty_mailbox(settings: Settings, database: str) -> None:
    for file in settings.mail_folder.glob("*.eml"):
        file.unlink()


@pytest.fixture
def evening(app: Flask) -> dict[str, int]:
    return make_three_screenings()


@pytest.fixture(scope="module")
def pages() -> Iterator[HostedPages]:
    """An identity provider's pages, which sign people in."""
    with oidc_provider.running() as found:
        yield found


@pytest.fixture
def hosted(app: Flask, settings: Settings, pages: HostedPages) -> None:
    """People sign in by these pages."""
    config.use(settings.changed(identity=pages.identity()))
