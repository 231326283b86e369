"""Check the private methods of gunicorn on which `app.web.gunicorn` depends."""

from __future__ import annotations

from gunicorn.arbiter import Arbiter


def test_the_loop_of_the_master_calls_murder_workers() -> None:
    assert "murder_workers" in Arbiter.run.__code__.co_names
