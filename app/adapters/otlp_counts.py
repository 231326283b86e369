"""Counters and histograms of this process, which are read when OpenTelemetry sends.

Its own instruments take five to ten times as long for each addition, and a request adds to several.
"""

from __future__ import annotations

import threading
import time
from bisect import bisect_left
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from math import inf

from opentelemetry.metrics import CallbackOptions, Meter, Observation
from opentelemetry.sdk.metrics.export import (
    AggregationTemporality,
    Histogram,
    HistogramDataPoint,
    Metric,
    MetricExporter,
    MetricsData,
    PeriodicExportingMetricReader,
    ResourceMetrics,
    ScopeMetrics,
)
from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.util.instrumentation import InstrumentationScope


class Total:
    """What was added since the start of the process, by labels. Thread-safe."""

    def __init__(self, meter: Meter, name: str, *, unit: str, description: str) -> None:
        self._totals: dict[tuple[tuple[str, str], ...], float] = {}
        self._lock = threading.Lock()
        meter.create_observable_counter(name, [self._observe], unit, description)

    def add(self, value: float, labels: Mapping[str, str]) -> None:
        key = tuple(labels.items())
        with self._lock:
            self._totals[key] = self._totals.get(key, 0) + value

    def _observe(self, _: CallbackOptions) -> list[Observation]:
        with self._lock:
            return [Observation(value, dict(labels)) for labels, value in self._totals.items()]


@dataclass(slots=True)
class _Series:
    """The values with the same labels: how many there are up to each bound, their sum, the least and the greatest."""

    counts: list[int]
    total: float = 0.0
    least: float = inf
    greatest: float = -inf


class Durations:
    """A histogram of what was recorded since it was taken last, by labels. Thread-safe."""

    def __init__(self, name: str, *, unit: str, description: str, bounds: Sequence[float]) -> None:
        self._about = name, description, unit
        self._bounds = list(bounds)
        self._series: dict[tuple[tuple[str, str], ...], _Series] = {}
        self._since = time.time_ns()
        self._lock = threading.Lock()

    def record(self, value: float, labels: Mapping[str, str]) -> None:
        key = tuple(labels.items())
        with self._lock:
            series = self._series.get(key)
            if series is None:
                series = self._series[key] = _Series([0] * (len(self._bounds) + 1))
            series.counts[bisect_left(self._bounds, value)] += 1
            series.total += value
            if value < series.least:
                series.least = value
            if value > series.greatest:
                series.greatest = value

    def take(self) -> Metric | None:
        """What was recorded since the last call; None if there is nothing."""
        with self._lock:
            taken, self._series = self._series, {}
            since, self._since = self._since, time.time_ns()
        if not taken:
            return None
        points = [self._point(labels, series, since) for labels, series in taken.items()]
        return Metric(*self._about, Histogram(points, AggregationTemporality.DELTA))

    def _point(self, labels: tuple[tuple[str, str], ...], series: _Series, since: int) -> HistogramDataPoint:
        return HistogramDataPoint(
            dict(labels),
            since,
            self._since,
            sum(series.counts),
            series.total,
            series.counts,
            self._bounds,
            series.least,
            series.greatest,
        )


class Reader(PeriodicExportingMetricReader):
    """Sends what OpenTelemetry's instruments counted, and after it the histograms in `durations`."""

    def __init__(self, exporter: MetricExporter, resource: Resource, milliseconds: float | None) -> None:
        self.durations: list[Durations] = []
        self._resource = resource
        super().__init__(exporter, export_interval_millis=milliseconds)

    def collect(self, timeout_millis: float = 10_000) -> None:  # type: ignore[misc] # final for other reasons
        super().collect(timeout_millis)
        found = [taken for one in list(self.durations) if (taken := one.take()) is not None]
        if found:
            scope = ScopeMetrics(InstrumentationScope("bilheteria"), found, "")
            data = MetricsData([ResourceMetrics(self._resource, [scope], self._resource.schema_url)])
            self._receive_metrics(data, timeout_millis=timeout_millis)
