"""What is sent to the collector: spans without the texts of errors; and one log line when the collector is away."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from typing import Any

from opentelemetry.sdk.metrics.export import MetricExporter, MetricExportResult, MetricsData
from opentelemetry.sdk.trace import Event, ReadableSpan
from opentelemetry.sdk.trace.export import SpanExporter, SpanExportResult
from opentelemetry.trace import Status

log = logging.getLogger("bilheteria.telemetry")
# They log each failed try, and each retry.
for _name in ("opentelemetry.exporter", "opentelemetry.sdk._shared_internal", "opentelemetry.sdk.metrics"):
    logging.getLogger(_name).setLevel(logging.CRITICAL)


class _Connection:
    """Logs when sending begins to fail, and when it works again."""

    def __init__(self, what: str) -> None:
        self._what = what
        self._fails = False

    def note(self, is_sent: bool) -> None:
        if is_sent == self._fails:
            self._fails = not is_sent
            if is_sent:
                log.info("the collector answers again", extra={"sent": self._what})
            else:
                log.warning("the collector does not answer; nothing waits for it", extra={"lost": self._what})


class CheckedSpans(SpanExporter):
    """Sends spans by `exporter`, without what libraries write about errors: such a text can contain a value."""

    def __init__(self, exporter: SpanExporter) -> None:
        self._exporter = exporter
        self._connection = _Connection("spans")

    def export(self, spans: Sequence[ReadableSpan]) -> SpanExportResult:
        result = self._exporter.export([_without_error_texts(one) for one in spans])
        self._connection.note(result is SpanExportResult.SUCCESS)
        return result

    def shutdown(self) -> None:
        self._exporter.shutdown()

    def force_flush(self, timeout_millis: int = 30_000) -> bool:
        return self._exporter.force_flush(timeout_millis)


class CheckedMetrics(MetricExporter):
    """Sends metrics by `exporter`."""

    def __init__(self, exporter: MetricExporter) -> None:
        super().__init__(exporter._preferred_temporality, exporter._preferred_aggregation)  # noqa: SLF001
        self._exporter = exporter
        self._connection = _Connection("metrics")

    def export(
        self, metrics_data: MetricsData, timeout_millis: float = 10_000, **kwargs: Any
    ) -> MetricExportResult:
        result = self._exporter.export(metrics_data, timeout_millis, **kwargs)
        self._connection.note(result is MetricExportResult.SUCCESS)
        return result

    def shutdown(self, timeout_millis: float = 30_000, **kwargs: Any) -> None:
        self._exporter.shutdown(timeout_millis, **kwargs)

    def force_flush(self, timeout_millis: float = 10_000) -> bool:
        return self._exporter.force_flush(timeout_millis)


def _without_error_texts(span: ReadableSpan) -> ReadableSpan:
    """The span; of its status the code alone, of its events the type of the error."""
    if not span.events and not span.status.description:
        return span
    events = [
        Event(
            one.name,
            {name: value for name, value in (one.attributes or {}).items() if name == "exception.type"},
            one.timestamp,
        )
        for one in span.events
    ]
    return ReadableSpan(
        span.name,
        span.context,
        span.parent,
        span.resource,
        span.attributes,
        events,
        span.links,
        span.kind,
        status=Status(span.status.status_code),
        start_time=span.start_time,
        end_time=span.end_time,
        instrumentation_scope=span.instrumentation_scope,
    )
