"""Throttles count across transactions and can be reset."""

from __future__ import annotations

import pytest
from sqlalchemy import text

from app.core import db, throttle
from app.core.errors import TooMany

pytestmark = pytest.mark.usefixtures("app")


def test_a_refused_try_says_when_the_next_is_allowed() -> None:
    for _ in range(3):
        throttle.hit("try", "somebody", limit=3, seconds=60)
    with pytest.raises(TooMany) as caught:
        throttle.hit("try", "somebody", limit=3, seconds=60)
    assert 1 <= caught.value.retry_after <= 60
    throttle.hit("try", "somebody else", limit=3, seconds=60)


def test_a_try_counts_even_when_its_transaction_fails() -> None:
    for _ in range(2):
        with pytest.raises(RuntimeError), db.transaction():
            throttle.hit("try", "x", limit=2, seconds=60)
            raise RuntimeError
    with pytest.raises(TooMany):
        throttle.hit("try", "x", limit=2, seconds=60)


def test_tries_are_allowed_again_after_the_window() -> None:
    throttle.hit("try", "y", limit=1, seconds=60)
    with db.transaction() as session:
        session.execute(text("update core.throttle set started_at = started_at - interval '61 seconds'"))
    throttle.hit("try", "y", limit=1, seconds=60)


def test_a_reset_deletes_the_counted_tries() -> None:
    throttle.hit("try", "z", limit=1, seconds=60)
    throttle.reset("try", "z")
    throttle.hit("try", "z", limit=1, seconds=60)


def test_reading_the_limit_counts_no_try() -> None:
    for _ in range(5):
        with db.reading():
            throttle.check("try", [("v", 1), ("w", 2)], seconds=60)
    throttle.hit("try", "w", limit=2, seconds=60)
    throttle.hit("try", "w", limit=2, seconds=60)
    with db.reading(), pytest.raises(TooMany) as caught:
        throttle.check("try", [("v", 1), ("w", 2)], seconds=60)
    assert 1 <= caught.value.retry_after <= 60
    with db.transaction() as session:
        session.execute(text("update core.throttle set started_at = started_at - interval '61 seconds'"))
    with db.reading():
        throttle.check("try", [("v", 1), ("w", 2)], seconds=60)
