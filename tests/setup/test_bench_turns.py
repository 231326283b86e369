"""The ratios of the bench compare a figure with the bounds measured just before and after it."""

from __future__ import annotations

import pytest

from tools.bench.services import parts_in_ms
from tools.bench.turns import Sample, in_turns, ratio, ratio_of_rounds, side_by_side


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


def test_servers_take_turns_and_each_has_its_own_bound() -> None:
    measured: list[str] = []

    def sample(name: str, per_second: float) -> Sample:
        measured.append(name)
        return Sample(per_second, processor=1.0)

    found = side_by_side(
        {
            "one": (lambda: sample("hello one", 100.0), lambda: sample("hold one", 50.0)),
            "seven": (lambda: sample("hello seven", 80.0), lambda: sample("hold seven", 20.0)),
        },
        rounds=2,
    )
    one_round = ["hello one", "hold one", "hello seven", "hold seven"]
    assert measured == one_round * 2 + ["hello one", "hello seven"]
    assert [side.ratios.rate.value for side in found.values()] == [0.5, 0.25]
    assert ratio_of_rounds(found["seven"].rates, found["one"].rates).value == pytest.approx(0.4)


def test_parts_that_used_next_to_nothing_are_left_out() -> None:
    assert parts_in_ms({"web": 0.001, "Postgres": 0.002, "relay": 0.00001, "nginx": -0.0001}) == (
        "Postgres 2.00, web 1.00"
    )
