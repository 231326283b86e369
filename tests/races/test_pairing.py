"""One pairing code, confirmed many times at once: one device. Without its condition each confirmation makes one."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial

import pytest
from sqlalchemy import text

from app.core import db
from app.core.actor import Actor
from app.core.config import Settings
from app.core.errors import Invalid
from app.users import pairings
from app.users import service as users
from tests.races.concurrency import of_kind, run_at_once

MANAGERS = 6


@pytest.fixture
def code(database: str, settings: Settings) -> Iterator[str]:
    db.connect(database, pool_size=20)
    with db.transaction():
        made = users.start_pairing(Actor(address_key="foyer"))
    yield made.code
    db.connect(database, pool_size=settings.database.pool_size)


def confirm(code: str, manager: int) -> None:
    with db.transaction() as session:
        users.confirm_pairing(code, manager, f"Kiosk {manager}", Actor(user_id=manager))
        session.execute(text("select pg_sleep(0.1)"))


def confirm_at_once(code: str) -> tuple[int, int]:
    """The numbers of managers who were refused, and of devices."""
    results = run_at_once([partial(confirm, code, manager) for manager in range(MANAGERS)])
    refused = of_kind(results, Invalid)
    assert len(refused) == len(of_kind(results, Exception)), results
    with db.reading():
        return len(refused), len(users.list_devices())


def test_a_code_is_confirmed_once(code: str) -> None:
    assert confirm_at_once(code) == (MANAGERS - 1, 1)


def test_control_without_the_condition_each_manager_pairs(code: str, monkeypatch: pytest.MonkeyPatch) -> None:
    unguarded = pairings._CONFIRM.replace("and device_id is null", "")
    assert unguarded != pairings._CONFIRM
    monkeypatch.setattr(pairings, "_CONFIRM", unguarded)
    assert confirm_at_once(code)[1] > 1
