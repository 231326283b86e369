"""Spans and metrics by OpenTelemetry, sent to a collector by OTLP over HTTP, in batches and off the caller's path.

It implements `core.telemetry.Exporter`. Import it only if an endpoint is configured: OpenTelemetry takes memory. Make
it after forks, because it starts threads.
"""

from __future__ import annotations

import threading
import time
import uuid
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, contextmanager
from typing import Any, Protocol

from opentelemetry import context as contexts
from opentelemetry import metrics as metrics_api
from opentelemetry import trace as trace_api
from opentelemetry.exporter.otlp.proto.http.metric_exporter import OTLPMetricExporter
from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
from opentelemetry.instrumentation.botocore import BotocoreInstrumentor
from opentelemetry.sdk.extension.aws.trace import AwsXRayIdGenerator
from opentelemetry.sdk.metrics import AlwaysOffExemplarFilter, MeterProvider, ObservableCounter
from opentelemetry.sdk.metrics.export import AggregationTemporality
from opentelemetry.sdk.resources import OTELResourceDetector, Resource
from opentelemetry.sdk.trace import SpanLimits, TracerProvider
from opentelemetry.sdk.trace.export import BatchSpanProcessor
from opentelemetry.trace import NonRecordingSpan, SpanContext, SpanKind, Status, StatusCode, TraceFlags
from sqlalchemy import Engine

from app.adapters.otlp_counts import Durations, Reader, Total
from app.adapters.otlp_export import CheckedMetrics, CheckedSpans
from app.adapters.otlp_sampling import SAMPLER, Share, UnsampledSpan, new_span_id
from app.adapters.otlp_statements import Statements, sampled_span

SEND_SECONDS = 5.0  # for one batch, with repetitions
LONGEST_VALUE = 2000  # characters of an attribute, as of a statement
# A collector adds up what processes send: each sends what was counted since it sent last.
_DELTA: dict[type, AggregationTemporality] = {
    ObservableCounter: AggregationTemporality.DELTA,
}


class Position(Protocol):
    """`core.trace.Position`."""

    @property
    def trace_id(self) -> str: ...
    @property
    def span_id(self) -> str: ...
    @property
    def is_sampled(self) -> bool: ...


class Metric(Protocol):
    """`core.metrics.Metric`."""

    @property
    def name(self) -> str: ...
    @property
    def kind(self) -> str: ...
    @property
    def unit(self) -> str: ...
    @property
    def about(self) -> str: ...


class Span:
    """An open span: `core.telemetry.Span`."""

    def __init__(self, span: trace_api.Span, position: Any) -> None:
        self._span = span
        self.position = position

    def set(self, name: str, value: str | int | float | bool) -> None:
        self._span.set_attribute(name, value)

    def fail(self, error: BaseException | None = None) -> None:
        self._span.set_status(Status(StatusCode.ERROR))
        if error is not None:
            self._span.set_attribute("error.type", type(error).__qualname__)


class _Ids(AwsXRayIdGenerator):
    """The ids of X-Ray. The first span of a trace gets the id that the trace has in the logs already."""

    def __init__(self) -> None:
        self.wanted = threading.local()  # set and read within one call, which does not wait

    def generate_trace_id(self) -> int:
        given: str = getattr(self.wanted, "trace_id", "")
        return int(given, 16) if given else int(super().generate_trace_id())


class Exporter:
    """Sends to the collector at `endpoint`. `share` of the traces that begin here are sampled (0.0 to 1.0).

    `make_position` makes what spans hand out as their position. `service` and further `attributes` name this process.
    `buckets` are the bounds of histograms. Metrics are sent every `metric_seconds`; None: OTEL_METRIC_EXPORT_INTERVAL.
    OpenTelemetry reads further variables, such as OTEL_EXPORTER_OTLP_HEADERS.
    """

    def __init__(
        self,
        endpoint: str,
        *,
        service: str,
        attributes: Mapping[str, str],
        share: float,
        buckets: Sequence[float],
        make_position: Callable[[str, str, bool], Position],
        metric_seconds: float | None = None,
        send_seconds: float = SEND_SECONDS,
    ) -> None:
        base, resource = endpoint.rstrip("/"), _resource(service, attributes)
        spans = CheckedSpans(OTLPSpanExporter(f"{base}/v1/traces", timeout=send_seconds))
        metrics = OTLPMetricExporter(f"{base}/v1/metrics", timeout=send_seconds, preferred_temporality=_DELTA)
        self._ids = _Ids()
        self._traces = TracerProvider(
            SAMPLER,
            resource,
            shutdown_on_exit=False,
            id_generator=self._ids,
            span_limits=SpanLimits(max_span_attribute_length=LONGEST_VALUE),
            meter_provider=metrics_api.NoOpMeterProvider(),
        )
        self._share = Share(share)
        self._batches = BatchSpanProcessor(spans)
        self._traces.add_span_processor(self._batches)
        self._statements = Statements(self._batches.on_end, resource)
        self._reader = Reader(CheckedMetrics(metrics), resource, metric_seconds and metric_seconds * 1000)
        self._meters = MeterProvider(
            [self._reader], resource, exemplar_filter=AlwaysOffExemplarFilter(), shutdown_on_exit=False
        )
        self._tracer = self._traces.get_tracer("bilheteria")
        self._meter = self._meters.get_meter("bilheteria")
        self._instruments: dict[str, Callable[..., None]] = {}
        self._buckets = list(buckets)
        self._make_position = make_position
        self._lock = threading.Lock()

    def span(
        self,
        name: str,
        kind: str,
        attributes: Mapping[str, str | int | float | bool],
        parent: Position,
        links: Sequence[Position],
    ) -> AbstractContextManager[Any]:
        """Open a span below `parent`: `core.telemetry.Exporter.span`. Not sampled, it also silences those below it."""
        trace_id = parent.trace_id or f"{self._ids.generate_trace_id():032x}"
        if parent.is_sampled if parent.span_id else self._share.has(trace_id):
            return self._sampled(name, kind, attributes, parent, trace_id, links)
        position = self._make_position(trace_id, new_span_id(), False)
        return UnsampledSpan(
            name, kind, attributes, position, parent, self._batches.on_end, self._traces.resource
        )

    @contextmanager
    def _sampled(
        self,
        name: str,
        kind: str,
        attributes: Mapping[str, str | int | float | bool],
        parent: Position,
        trace_id: str,
        links: Sequence[Position],
    ) -> Iterator[Span]:
        self._ids.wanted.trace_id = trace_id
        made = self._tracer.start_span(
            name,
            _context_of(parent),
            SpanKind[kind.upper()],
            attributes,
            [trace_api.Link(_span_context(one)) for one in links if one.span_id],
        )
        self._ids.wanted.trace_id = ""
        opened = Span(made, self._make_position(trace_id, f"{made.get_span_context().span_id:016x}", True))
        token = contexts.attach(trace_api.set_span_in_context(made, contexts.Context()))
        above = sampled_span.set(made.get_span_context())
        try:
            yield opened
        except BaseException as error:
            opened.fail(error)
            raise
        finally:
            sampled_span.reset(above)
            contexts.detach(token)
            made.end()

    def record(self, metric: Metric, value: float, labels: Mapping[str, str]) -> None:
        """Add to a counter or a histogram, or set a gauge: `core.telemetry.Exporter.record`."""
        instrument = self._instruments.get(metric.name) or self._instrument(metric)
        instrument(value, labels)

    def _instrument(self, metric: Metric) -> Callable[..., None]:
        with self._lock:
            if metric.name in self._instruments:
                return self._instruments[metric.name]
            about: dict[str, Any] = {"unit": metric.unit, "description": metric.about}
            made: Callable[..., None]
            if metric.kind == "counter":
                made = Total(self._meter, metric.name, **about).add
            elif metric.kind == "gauge":
                made = self._meter.create_gauge(metric.name, **about).set
            else:
                durations = Durations(metric.name, bounds=self._buckets, **about)
                self._reader.durations.append(durations)
                made = durations.record
            self._instruments[metric.name] = made
            return made

    def watch_statements(self, engines: Sequence[Engine]) -> None:
        """Make a span of each statement of these engines, without its parameters."""
        self._statements.watch(engines)

    def watch_aws(self) -> None:
        """Make a span of each call of AWS, with the trace in its header `X-Amzn-Trace-Id`."""
        BotocoreInstrumentor().instrument(
            tracer_provider=self._traces, meter_provider=metrics_api.NoOpMeterProvider()
        )

    def flush(self) -> None:
        """Send what is there, in a thread of its own; returns at once."""
        threading.Thread(target=self._flush, name="telemetry-flush", daemon=True).start()

    def _flush(self) -> None:
        self._traces.force_flush()
        self._meters.force_flush()

    def stop(self, seconds: float) -> None:
        """Send what is left, for at most `seconds`, and end."""
        self._statements.stop()
        BotocoreInstrumentor().uninstrument()
        ends = [
            threading.Thread(target=one.shutdown, daemon=True, name="telemetry-end")
            for one in (self._traces, self._meters)
        ]
        for one in ends:
            one.start()
        until = time.monotonic() + seconds
        for one in ends:
            one.join(max(0.0, until - time.monotonic()))


class _ProcessResource(Resource):
    """A resource whose hash is computed once: the encoder asks for it with each span, a fifth of its time."""

    def __init__(self, of: Resource) -> None:
        super().__init__(dict(of.attributes), of.schema_url)
        self._hash = hash(of)

    def __hash__(self) -> int:
        return self._hash

    __eq__ = Resource.__eq__


def _resource(service: str, attributes: Mapping[str, str]) -> Resource:
    """The names of this process. OTEL_SERVICE_NAME and OTEL_RESOURCE_ATTRIBUTES have precedence."""
    named = {"service.name": service, "service.instance.id": uuid.uuid4().hex, **attributes}
    return _ProcessResource(Resource.create(named).merge(OTELResourceDetector().detect()))


def _context_of(parent: Position) -> contexts.Context:
    if not parent.span_id:
        return contexts.Context()
    return trace_api.set_span_in_context(NonRecordingSpan(_span_context(parent)), contexts.Context())


def _span_context(position: Position) -> SpanContext:
    flags = TraceFlags(TraceFlags.SAMPLED if position.is_sampled else TraceFlags.DEFAULT)
    return SpanContext(
        int(position.trace_id, 16), int(position.span_id, 16), is_remote=True, trace_flags=flags
    )
