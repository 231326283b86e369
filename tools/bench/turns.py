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
    return {name: _ratios(figures, found) for name, found in measured.items()}


@dataclass(frozen=True)
class Side:
    """One of several servers that were measured in turns: its ratios to its own bound, and the rate of each round."""

    ratios: Ratios
    rates: list[float]


def side_by_side(
    servers: Mapping[str, tuple[Callable[[], Sample], Callable[[], Sample]]], *, rounds: int = ROUNDS
) -> dict[str, Side]:
    """Measure bound and figure of each server, one server after the other, in each round; and each bound at last."""
    bounds: dict[str, list[Sample]] = {name: [] for name in servers}
    figures: dict[str, list[Sample]] = {name: [] for name in servers}
    for turn in range(rounds + 1):
        for name, (bound, figure) in servers.items():
            bounds[name].append(bound())
            if turn < rounds:
                figures[name].append(figure())
    return {
        name: Side(_ratios(figures[name], bounds[name]), [one.per_second for one in figures[name]])
        for name in servers
    }


def _ratios(figures: list[Sample], bounds: list[Sample]) -> Ratios:
    return Ratios(
        ratio([one.per_second for one in figures], [one.per_second for one in bounds]),
        ratio([one.processor for one in figures], [one.processor for one in bounds]),
    )


def ratio_of_rounds(figures: list[float], others: list[float]) -> Ratio:
    """The ratio of figures to those of another server in the same rounds."""
    return _ratio(figures, others, others)


def ratio(figures: list[float], bounds: list[float]) -> Ratio:
    """The ratio of figures to the bounds around them: one bound more than figures."""
    around = [(before + after) / 2 for before, after in itertools.pairwise(bounds)]
    return _ratio(figures, around, bounds)


def _ratio(figures: list[float], around: list[float], bounds: list[float]) -> Ratio:
    ratios = [figure / bound for figure, bound in zip(figures, around, strict=True)]
    return Ratio(
        statistics.median(ratios),
        min(ratios),
        max(ratios),
        statistics.median(figures),
        statistics.median(bounds),
    )
