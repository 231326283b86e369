"""Fixtures of the tests of export and erasure."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from datetime import timedelta

import pytest
from flask import Flask

from app.core.config import Settings
from app.events.service import Screening
from tests.reservations.auditoriums import make_screening


@pytest.fixture
def screening(app: Flask) -> Screening:
    return make_screening("oooooooooo", "oooooooooo", starts_in=timedelta(hours=5))


@pytest.fixture
def after_commands(settings: Settings) -> Iterator[None]:
    """Restore the logging of pytest after a command, which configures it as the processes do; delete mails and PDFs.

    Mails of other tests are deleted before, too.
    """
    _delete_files(settings)
    root = logging.getLogger()
    handlers, level = root.handlers[:], root.level
    yield
    root.handlers[:] = handlers
    root.setLevel(level)
    _delete_files(settings)


def _delete_files(settings: Settings) -> None:
    for path in [*settings.mail_folder.glob("*.eml"), *settings.ticket_folder.rglob("*.pdf")]:
        path.unlink()
