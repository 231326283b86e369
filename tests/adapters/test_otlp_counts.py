"""Histograms of this process: they count as those of OpenTelemetry, and each value is sent once."""

from __future__ import annotations

import threading
from typing import Any

from opentelemetry.sdk.metrics import Histogram, MeterProvider
from opentelemetry.sdk.metrics.export import AggregationTemporality, InMemoryMetricReader
from opentelemetry.sdk.resources import Resource

from app.adapters.otlp import _ProcessResource
from app.adapters.otlp_counts import Durations

BOUNDS = (0.1, 0.5, 1.0)
VALUES = (0.05, 0.1, 0.3, 0.5, 0.7, 1.0, 4.0)


def ours() -> Durations:
    return Durations("time", unit="s", description="Time", bounds=BOUNDS)


def points(metric: Any) -> dict[str, tuple[object, ...]]:
    """What is sent of each series, by its label."""
    return {
        one.attributes["route"]: (
            one.count, round(one.sum, 9), tuple(one.bucket_counts), tuple(one.explicit_bounds), one.min, one.max
        )
        for one in metric.data.data_points
    }  # fmt: skip


def test_they_count_as_those_of_opentelemetry() -> None:
    reader = InMemoryMetricReader(preferred_temporality={Histogram: AggregationTemporality.DELTA})
    theirs = (
        MeterProvider([reader])
        .get_meter("test")
        .create_histogram("time", unit="s", explicit_bucket_boundaries_advisory=BOUNDS)
    )
    mine = ours()
    for value in VALUES:
        for record in (mine.record, theirs.record):
            record(value, {"route": "/"})
            record(value / 2, {"route": "/films"})
    taken, data = mine.take(), reader.get_metrics_data()
    assert taken is not None
    assert data is not None
    (metric,) = data.resource_metrics[0].scope_metrics[0].metrics
    assert points(taken) == points(metric)
    assert (taken.name, taken.unit) == (metric.name, metric.unit)


def test_a_value_is_taken_once() -> None:
    durations = ours()
    assert durations.take() is None
    durations.record(0.2, {"route": "/"})
    first = durations.take()
    assert first is not None
    assert durations.take() is None
    durations.record(0.3, {"route": "/"})
    second = durations.take()
    assert second is not None
    assert points(second)["/"][:2] == (1, 0.3)
    one, two = (taken.data.data_points[0] for taken in (first, second))
    assert one.start_time_unix_nano <= one.time_unix_nano <= two.start_time_unix_nano <= two.time_unix_nano


def test_no_value_of_many_threads_is_lost() -> None:
    durations = ours()

    def record() -> None:
        for _ in range(2000):
            durations.record(0.2, {"route": "/"})

    threads = [threading.Thread(target=record) for _ in range(4)]
    for one in threads:
        one.start()
    counted = 0
    while any(one.is_alive() for one in threads):
        taken = durations.take()
        counted += int(str(points(taken)["/"][0])) if taken is not None else 0
    last = durations.take()
    counted += int(str(points(last)["/"][0])) if last is not None else 0
    assert counted == 8000


def test_the_resource_of_a_process_equals_the_one_that_it_is_made_of() -> None:
    resource = Resource.create({"service.name": "bilheteria"})
    made = _ProcessResource(resource)
    assert made == resource
    assert hash(made) == hash(resource)
    assert dict(made.attributes) == dict(resource.attributes)
