from __future__ import annotations

from collections.abc import Iterator

import pytest

from app.core import config, db
from app.core.config import Settings


@pytest.fixture
def large_pool(database: str, settings: Settings) -> Iterator[None]:
    """A pool of 64 connections; the database detects deadlocks after 50 ms."""
    impatient = {"options": "-c deadlock_timeout=50ms"}
    db.connect(database, pool_size=64, max_overflow=10, connect_args=impatient)
    config.use(settings)
    yield
    db.connect(database, pool_size=settings.database.pool_size)
