"""Which spans are recorded: those of a share of the traces; of the others the first span of a process, if it fails."""

from __future__ import annotations

import secrets
import time
from collections.abc import Callable, Mapping, Sequence
from types import TracebackType
from typing import Any

from opentelemetry import context as contexts
from opentelemetry.context import Context
from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import ReadableSpan
from opentelemetry.sdk.trace.sampling import Decision, ParentBased, Sampler, SamplingResult, TraceIdRatioBased
from opentelemetry.trace import SpanContext, SpanKind, Status, StatusCode, TraceFlags

Value = str | int | float | bool
# What begins work in a process: only they are sent when they fail in a trace that is not sampled.
_FIRST = ("server", "consumer")
# The instrumentation of libraries does nothing in a context that has this key: it costs time that nobody would see.
_SILENT = contexts.set_value("suppress_instrumentation", True, contexts.Context())


class _NoStatements(Sampler):
    """Samples each trace that begins, unless a statement or a call of AWS begins it, as in polling the queue.

    `adapters.otlp` begins a trace only if it is in the share that is sampled.
    """

    def should_sample(
        self,
        parent_context: Context | None,
        trace_id: int,
        name: str,
        kind: SpanKind | None = None,
        attributes: Any = None,
        links: Sequence[Any] | None = None,
        trace_state: Any = None,
    ) -> SamplingResult:
        decision = Decision.DROP if kind is SpanKind.CLIENT else Decision.RECORD_AND_SAMPLE
        return SamplingResult(decision, attributes)

    def get_description(self) -> str:
        return "all that begin here"


SAMPLER = ParentBased(root=_NoStatements())


class Share:
    """Decides about a trace by its id: `share` of them are sampled (0.0 to 1.0)."""

    def __init__(self, share: float) -> None:
        self._bound = TraceIdRatioBased.get_bound_for_rate(share)

    def has(self, trace_id: str) -> bool:
        """Decide as `TraceIdRatioBased`, by the last 64 bits of the id (hex)."""
        return int(trace_id[-16:], 16) < self._bound


class UnsampledSpan:
    """A span of a trace that is not sampled: `core.telemetry.Span`. It costs little, and is sent only if it fails.

    Its block silences the instrumentation of libraries. `send` gets the span at the end, if it has failed.
    """

    def __init__(
        self,
        name: str,
        kind: str,
        attributes: Mapping[str, Value],
        position: Any,
        parent: Any,
        send: Callable[[ReadableSpan], None],
        resource: Resource,
    ) -> None:
        self.position = position
        self._name = name
        self._kind = kind
        self._attributes = dict(attributes)
        self._parent = parent
        self._send = send
        self._resource = resource
        self._began = time.time_ns()
        self._has_failed = False
        self._before: Any = None

    def __enter__(self) -> UnsampledSpan:
        self._before = contexts.attach(_SILENT)
        return self

    def __exit__(
        self, _: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        contexts.detach(self._before)
        if error is not None:
            self.fail(error)
        if self._has_failed and self._kind in _FIRST:
            self._send(self._finished())

    def set(self, name: str, value: Value) -> None:
        self._attributes[name] = value

    def fail(self, error: BaseException | None = None) -> None:
        self._has_failed = True
        if error is not None:
            self._attributes["error.type"] = type(error).__qualname__

    def _finished(self) -> ReadableSpan:
        return ReadableSpan(
            self._name,
            _context(self.position),
            _context(self._parent) if self._parent.span_id else None,
            self._resource,
            self._attributes,
            kind=SpanKind[self._kind.upper()],
            status=Status(StatusCode.ERROR),
            start_time=self._began,
            end_time=time.time_ns(),
        )


def _context(position: Any) -> SpanContext:
    ids = int(position.trace_id, 16), int(position.span_id, 16)
    return SpanContext(*ids, is_remote=False, trace_flags=TraceFlags(TraceFlags.SAMPLED))


def new_span_id() -> str:
    return secrets.token_hex(8)
