"""Fixtures for accounts, mails (each test has an empty mailbox) and webhooks."""

from __future__ import annotations

import shutil
from collections.abc import Iterator

import pytest

from app.core import config
from app.core.config import Settings
from tests.users.webhook_receiver import Receiver, receiving


@pytest.fixture(autouse=True)
def empty_mailbox(settings: Settings, database: str) -> None:
    shutil.rmtree(settings.mail_folder, ignore_errors=True)


@pytest.fixture
def new_receiver(settings: Settings, database: str) -> Iterator[Receiver]:
    """A receiver on this machine, whose webhook is not verified yet."""
    config.use(settings.changed(webhooks={"loopback": True}))
    with receiving() as found:
        yield found


@pytest.fixture
def receiver(new_receiver: Receiver) -> Receiver:
    """A receiver whose webhook is active."""
    new_receiver.activate()
    return new_receiver
