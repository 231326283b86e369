"""The trace of the current work: one id from the request through the messages that it causes, in all processes.

Its form is that of W3C Trace Context (`traceparent`), and its ids begin with the time, as AWS X-Ray expects. The outbox
stores it with each message (`attributes`), a relay passes it on, and the worker continues it. Spans (`core.telemetry`)
have the same ids.
"""

from __future__ import annotations

import re
import secrets
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass

TRACEPARENT, REQUEST_ID = "traceparent", "request_id"
_TRACEPARENT = re.compile(r"00-(?!0{32})([0-9a-f]{32})-(?!0{16})([0-9a-f]{16})-([0-9a-f]{2})")
_XRAY_ROOT = re.compile(r"(?:^|;)\s*Root=1-([0-9a-f]{8})-([0-9a-f]{24})(?:;|$)")
_XRAY_PARENT = re.compile(r"(?:^|;)\s*Parent=(?!0{16})([0-9a-f]{16})(?:;|$)")
_XRAY_SAMPLED = re.compile(r"(?:^|;)\s*Sampled=([01])(?:;|$)")
_REQUEST_ID = re.compile(r"[0-9a-f]{16}")


@dataclass(frozen=True, slots=True)
class Position:
    """A place in a trace. Without a `span_id` the next span is the first of its trace, and decides about sampling."""

    trace_id: str = ""
    span_id: str = ""
    is_sampled: bool = True


NOWHERE = Position()

trace_id: ContextVar[str] = ContextVar("trace_id", default="")
request_id: ContextVar[str] = ContextVar("request_id", default="")
_position: ContextVar[Position] = ContextVar("position", default=NOWHERE)


def begin_request(traceparent: str | None = None, xray: str | None = None) -> None:
    """Give the current work a request id, and the trace of the request's header `traceparent` or `X-Amzn-Trace-Id`.

    Without a valid header it begins a trace.
    """
    request_id.set(secrets.token_hex(8))
    found = _position_of(traceparent, xray)
    found = found or Position(f"{int(time.time()):08x}{secrets.token_hex(12)}")
    _position.set(found)
    trace_id.set(found.trace_id)


def _position_of(traceparent: str | None, xray: str | None) -> Position | None:
    if found := _TRACEPARENT.fullmatch(traceparent or ""):
        return Position(found[1], found[2], bool(int(found[3], 16) & 1))
    root = _XRAY_ROOT.search(xray or "")
    if root is None:
        return None
    # A load balancer names the root alone, and X-Ray can leave the decision about sampling to us.
    parent, sampled = _XRAY_PARENT.search(xray or ""), _XRAY_SAMPLED.search(xray or "")
    if parent is None or sampled is None:
        return Position(root[1] + root[2])
    return Position(root[1] + root[2], parent[1], sampled[1] == "1")


def position() -> Position:
    """Where the current work is in its trace; NOWHERE outside of a trace."""
    return _position.get()


class At:
    """A block that works at `place`, as in a new span."""

    __slots__ = ("_named", "_place", "_stood")

    def __init__(self, place: Position) -> None:
        self._place = place

    def __enter__(self) -> None:
        self._named, self._stood = trace_id.set(self._place.trace_id), _position.set(self._place)

    def __exit__(self, *_: object) -> None:
        _position.reset(self._stood)
        trace_id.reset(self._named)


def attributes() -> dict[str, str]:
    """What a message carries of the current work; empty outside of a request and of a message's handling."""
    here = position()
    if not here.trace_id:
        return {}
    span_id, flags = here.span_id or secrets.token_hex(8), "01" if here.is_sampled else "00"
    carried = {TRACEPARENT: f"00-{here.trace_id}-{span_id}-{flags}"}
    return carried | ({REQUEST_ID: request_id.get()} if request_id.get() else {})


def carried_position(carried: Mapping[str, str]) -> Position:
    """The position that a message carries; NOWHERE without a valid one. The values may be of any origin."""
    return _position_of(carried.get(TRACEPARENT), None) or NOWHERE


@contextmanager
def continued(carried: Mapping[str, str]) -> Iterator[None]:
    """Continue the trace that a message carries; without one, begin none."""
    request_of = carried.get(REQUEST_ID, "")
    request = request_id.set(request_of if _REQUEST_ID.fullmatch(request_of) else "")
    try:
        with At(carried_position(carried)):
            yield
    finally:
        request_id.reset(request)
