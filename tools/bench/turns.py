"""Ratios of a figure to bounds that are measured in turns, so that a slow period affects both."""

from __future__ import annotations

import itertools
import statistics
from collections.abc import Callable, Mapping
from dataclasses import dataclass

ROUNDS = 3


@dataclass(frozen=True)
class Sample:
    """One measurement: operations per second, and the server's processor time of one operation in seconds."""

    per_second: float
    processor: float


@dataclass(frozen=True)
class Ratio:
    """A ratio: `value` is the median of the rounds, `least` and `most` are its spread.

    `figure` and `bound` are the medians of the measured values, in the unit of the caller.
    """

    value: float
    least: float
    most: float
    figure: float
    bound: float

    @property
    def spread(self) -> str:
        return f"{self.least:.3g} to {self.most:.3g}"


@dataclass(frozen=True)
class Ratios:
    """The ratio of the rate, which also falls by waiting for locks and other processes, and of the processor time."""

    rate: Ratio
    processor: Ratio


def in_turns(
    bounds: Mapping[str, Callable[[], Sample]], figure: Callable[[], Sample], *, rounds: int = ROUNDS
) -> dict[str, Ratios]:
    """Measure all bounds, the figure, all bounds, the figure … and all bounds at last; ratios for each bound.

    A round's ratio is that of the figure to the mean of the bound before it and the bound after it.
    """
    measured: dict[str, list[Sample]] = {name: [] for name in bounds}
    figures: list[Sample] = []
    for turn in range(rounds + 1):
        for name, bound in bounds.items():
            measured[name].append(bound())
        if turn < rounds:
            figures.append(figure())
    return {
        name: Ratios(
            ratio([one.per_second for one in figures], [one.per_second for one in found]),
            ratio([one.processor for one in figures], [one.processor for one in found]),
        )
        for name, found in measured.items()
    }


def ratio(figures: list[float], bounds: list[float]) -> Ratio:
    """The ratio of figures to the bounds around them: one bound more than figures."""
    around = [(before + after) / 2 for before, after in itertools.pairwise(bounds)]
    ratios = [figure / bound for figure, bound in zip(figures, around, strict=True)]
    return Ratio(
        statistics.median(ratios),
        min(ratios),
        max(ratios),
        statistics.median(figures),
        statistics.median(bounds),
    )
