"""Which spans are recorded: a share of the traces, and of the others the first span of a process, if it fails."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from opentelemetry.context import Context
from opentelemetry.sdk.trace.sampling import Decision, ParentBased, SamplingResult, TraceIdRatioBased
from opentelemetry.sdk.trace.sampling import Sampler as SdkSampler
from opentelemetry.trace import SpanKind, get_current_span

_FIRST = (SpanKind.SERVER, SpanKind.CONSUMER)


class Sampler(SdkSampler):
    """Follows the parent's decision; of the traces that begin here, it samples `share` (0.0 to 1.0) by their id.

    A statement or a call of AWS begins no trace: polling the queue would fill the collector. A request or a delivery
    that is not sampled is recorded all the same, so that it can be sent if it fails (`otlp_export.WithFailedSpans`).
    """

    def __init__(self, share: float) -> None:
        self._decide = ParentBased(root=TraceIdRatioBased(share))

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
        begins = not get_current_span(parent_context).get_span_context().is_valid
        if begins and kind is SpanKind.CLIENT:
            return SamplingResult(Decision.DROP)
        decided = self._decide.should_sample(parent_context, trace_id, name, kind, attributes, links)
        if decided.decision is Decision.DROP and kind in _FIRST:
            return SamplingResult(Decision.RECORD_ONLY, attributes)
        return decided

    def get_description(self) -> str:
        return "a share of the traces, and failures"
