"""The trace of the current work: one id from the request through the messages that it causes, in all processes.

Its form is that of W3C Trace Context (`traceparent`), and its ids begin with the time, as AWS X-Ray expects. The outbox
stores it with each message (`attributes`), a relay passes it on, and the worker continues it.
"""

from __future__ import annotations

import re
import secrets
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar

TRACEPARENT, REQUEST_ID = "traceparent", "request_id"
_TRACEPARENT = re.compile(r"00-(?!0{32})([0-9a-f]{32})-(?!0{16})[0-9a-f]{16}-[0-9a-f]{2}")
_XRAY_ROOT = re.compile(r"(?:^|;)\s*Root=1-([0-9a-f]{8})-([0-9a-f]{24})(?:;|$)")
_REQUEST_ID = re.compile(r"[0-9a-f]{16}")

trace_id: ContextVar[str] = ContextVar("trace_id", default="")
request_id: ContextVar[str] = ContextVar("request_id", default="")


def begin_request(traceparent: str | None = None, xray: str | None = None) -> None:
    """Give the current work a request id, and the trace of the request's header `traceparent` or `X-Amzn-Trace-Id`.

    Without a valid header it begins a trace.
    """
    request_id.set(secrets.token_hex(8))
    trace_id.set(_trace_of(traceparent, xray) or f"{int(time.time()):08x}{secrets.token_hex(12)}")


def _trace_of(traceparent: str | None, xray: str | None) -> str:
    if found := _TRACEPARENT.fullmatch(traceparent or ""):
        return found[1]
    root = _XRAY_ROOT.search(xray or "")
    return root[1] + root[2] if root else ""


def attributes() -> dict[str, str]:
    """What a message carries of the current work; empty outside of a request and of a message's handling."""
    if not trace_id.get():
        return {}
    carried = {TRACEPARENT: f"00-{trace_id.get()}-{secrets.token_hex(8)}-01"}
    return carried | ({REQUEST_ID: request_id.get()} if request_id.get() else {})


@contextmanager
def continued(carried: Mapping[str, str]) -> Iterator[None]:
    """Continue the trace that a message carries; without one, begin none. The values may be of any origin."""
    trace = trace_id.set(_trace_of(carried.get(TRACEPARENT), None))
    request_of = carried.get(REQUEST_ID, "")
    request = request_id.set(request_of if _REQUEST_ID.fullmatch(request_of) else "")
    try:
        yield
    finally:
        trace_id.reset(trace)
        request_id.reset(request)
