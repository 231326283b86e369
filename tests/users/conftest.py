"""Fixtures for accounts and mails: each test has an empty mailbox."""

from __future__ import annotations

import shutil

import pytest

from app.core.config import Settings


@pytest.fixture(autouse=True)
def empty_mailbox(settings: Settings, database: str) -> None:
    shutil.rmtree(settings.mail_folder, ignore_errors=True)
