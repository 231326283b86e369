"""What our settings of gunicorn stand on, and gunicorn does not promise."""

from __future__ import annotations

from gunicorn.arbiter import Arbiter


def test_the_masters_loop_calls_the_method_that_gives_signs_of_life() -> None:
    assert "murder_workers" in Arbiter.run.__code__.co_names
