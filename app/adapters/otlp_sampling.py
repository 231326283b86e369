"""Which spans are recorded: those of a share of the traces; of the others the first span of a process, if it fails."""

from __future__ import annotations

import secrets
import time
from collections.abc import Mapping, Sequence
from typing import Any

from opentelemetry.context import Context
from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import ReadableSpan
from opentelemetry.sdk.trace.sampling import Decision, ParentBased, Sampler, SamplingResult, TraceIdRatioBased
from opentelemetry.trace import SpanContext, SpanKind, Status, StatusCode, TraceFlags

Value = str | int | float | bool
# What begins work in a process: only they are sent when they fail in a trace that is not sampled.
_FIRST = ("server", "consumer")


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
        self._sampler = TraceIdRatioBased(share)

    def has(self, trace_id: str) -> bool:
        decided = self._sampler.should_sample(None, int(trace_id, 16), "").decision
        return decided is Decision.RECORD_AND_SAMPLE


class UnsampledSpan:
    """A span of a trace that is not sampled: `core.telemetry.Span`. It costs little, and is sent only if it fails."""

    def __init__(
        self, name: str, kind: str, attributes: Mapping[str, Value], position: Any, parent: Any
    ) -> None:
        self.position = position
        self._name = name
        self._kind = kind
        self._attributes = dict(attributes)
        self._parent = parent
        self._began = time.time_ns()
        self._has_failed = False

    def set(self, name: str, value: Value) -> None:
        self._attributes[name] = value

    def fail(self, error: BaseException | None = None) -> None:
        self._has_failed = True
        if error is not None:
            self._attributes["error.type"] = type(error).__qualname__

    def failure(self, resource: Resource) -> ReadableSpan | None:
        """The span to be sent, if it has failed and is the first of its process."""
        if not self._has_failed or self._kind not in _FIRST:
            return None
        return ReadableSpan(
            self._name,
            _context(self.position),
            _context(self._parent) if self._parent.span_id else None,
            resource,
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
