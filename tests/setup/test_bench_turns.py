"""The ratios of the bench compare a figure with the bounds measured just before and after it."""

from __future__ import annotations

import pytest

from tools.bench.turns import Sample, in_turns, ratio


def test_a_machine_that_slows_down_changes_no_ratio() -> None:
    found = ratio([50.0, 25.0], [100.0, 100.0, 0.0])
    assert (found.value, found.least, found.most) == (0.5, 0.5, 0.5)


def test_a_ratio_is_the_median_of_the_rounds_with_their_spread() -> None:
    found = ratio([10.0, 20.0, 90.0], [100.0, 100.0, 100.0, 100.0])
    assert found.value == pytest.approx(0.2)
    assert found.spread == "0.1 to 0.9"


def test_bounds_are_measured_before_and_after_each_figure() -> None:
    measured: list[str] = []

    def sample(name: str) -> Sample:
        measured.append(name)
        return Sample(per_second=len(measured), processor=1.0)

    bounds = {"hello": lambda: sample("hello"), "claim": lambda: sample("claim")}
    found = in_turns(bounds, lambda: sample("figure"), rounds=2)
    assert measured == ["hello", "claim", "figure"] * 2 + ["hello", "claim"]
    assert found["claim"].processor.value == 1.0
