"""Spans and metrics: the port by which the code reports what it does.

Without an endpoint each call returns at once, and nothing of OpenTelemetry is imported. `core.telemetry_start` connects
the port to the exporter (`adapters.otlp`).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractContextManager, nullcontext
from types import MappingProxyType, TracebackType
from typing import Literal, Protocol

from app.core import trace
from app.core.metrics import Metric
from app.core.trace import Position

STOP_SECONDS = 1.0  # web servers have two seconds to end, together with their requests
SpanKind = Literal["internal", "server", "consumer", "producer", "client"]
Value = str | int | float | bool


class Span(Protocol):
    """A span that is open. Its attributes have no personal data and no token."""

    @property
    def position(self) -> Position:
        """Where the span is in its trace."""

    def set(self, name: str, value: Value) -> None:
        """Set an attribute."""

    def fail(self, error: BaseException | None = None) -> None:
        """Mark the span as failed. It is exported even when its trace is not sampled, if it is the process's first."""


class _NoSpan:
    position = trace.NOWHERE

    def set(self, name: str, value: Value) -> None:
        pass

    def fail(self, error: BaseException | None = None) -> None:
        pass


class Exporter(Protocol):
    """What records spans and metrics; `adapters.otlp.Exporter`. Thread-safe; no call waits for the network."""

    def span(
        self,
        name: str,
        kind: SpanKind,
        attributes: Mapping[str, Value],
        parent: Position,
        links: Sequence[Position],
    ) -> AbstractContextManager[Span]:
        """Open a span below `parent`. An exception that passes through marks it as failed."""

    def record(self, metric: Metric, value: float, labels: Mapping[str, str]) -> None:
        """Add to a counter or a histogram, or set a gauge."""

    def flush(self) -> None:
        """Begin to send what is there; returns at once."""

    def stop(self, seconds: float) -> None:
        """Send what is left, for at most `seconds`, and end."""


_NO_SPAN = nullcontext(_NoSpan())
_exporter: Exporter | None = None
_after_commit: Callable[[Callable[[], None]], None]


def use(exporter: Exporter | None, after_commit: Callable[[Callable[[], None]], None] | None = None) -> None:
    """Record by `exporter` from now on; None: record nothing. `after_commit` is `core.db.after_commit`."""
    global _exporter, _after_commit
    if after_commit is not None:
        _after_commit = after_commit
    _exporter = exporter


def is_on() -> bool:
    return _exporter is not None


def span(
    name: str,
    kind: SpanKind = "internal",
    attributes: Mapping[str, Value] = MappingProxyType({}),
    links: Sequence[Position] = (),
) -> AbstractContextManager[Span]:
    """Open a span in the current trace. `links` are positions in other traces that it belongs to, too."""
    exporter = _exporter
    if exporter is None:
        return _NO_SPAN
    return _Opened(exporter.span(name, kind, attributes, trace.position(), links))


def call(name: str, attributes: Mapping[str, Value] = MappingProxyType({})) -> AbstractContextManager[Span]:
    """Open a span for a call of a server that is not ours, such as a bank or a mail server."""
    return span(name, "client", attributes)


class _Opened:
    """An open span, and the place in the trace of what happens below it."""

    __slots__ = ("_at", "_opening")

    def __init__(self, opening: AbstractContextManager[Span]) -> None:
        self._opening = opening

    def __enter__(self) -> Span:
        opened = self._opening.__enter__()
        self._at = trace.At(opened.position)
        self._at.__enter__()
        return opened

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> bool | None:
        self._at.__exit__()
        return self._opening.__exit__(kind, error, traceback)


def record(metric: Metric, value: float = 1, labels: Mapping[str, str] = MappingProxyType({})) -> None:
    """Add `value` to a counter or a histogram, or set a gauge, at once."""
    if _exporter is not None:
        _exporter.record(metric, value, labels)


def record_committed(
    metric: Metric, value: float = 1, labels: Mapping[str, str] = MappingProxyType({})
) -> None:
    """As `record`, after the commit of the caller's transaction; never after a rollback."""
    if _exporter is not None:
        _after_commit(lambda: record(metric, value, labels))


def flush() -> None:
    """Begin to send what is there; returns at once."""
    if _exporter is not None:
        _exporter.flush()


def stop(seconds: float = STOP_SECONDS) -> None:
    """Send what is left, for at most `seconds`, and record nothing more; called when the process ends."""
    exporter = _exporter
    use(None)
    if exporter is not None:
        exporter.stop(seconds)
