"""Each request gets an id, a reading scope and a log line; its input is free of NUL, and its body is read in time."""

from __future__ import annotations

import logging
import socket
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from functools import cached_property
from typing import Any, Literal, overload
from urllib.parse import urlsplit

from flask import Flask, Response, abort, g, request
from gevent import Timeout
from gunicorn.http.errors import ParseException
from htmx_flask.requests import HtmxAwareRequest
from werkzeug.datastructures import ImmutableMultiDict, MultiDict
from werkzeug.exceptions import BadRequest, RequestTimeout

from app.core import db, metrics, telemetry, trace

log = logging.getLogger("bilheteria.web")

METHODS = ("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS")
UNLOGGED = ("static", "health.alive")  # files and health checks, which are requested every few seconds
UNTRACED = (*UNLOGGED, "health.ready")
BODY_SECONDS = 20.0  # for a whole body: it occupies a connection, and forms are small


class CleanRequest(HtmxAwareRequest):
    """A request without NUL characters, which Postgres cannot store. `htmx` says whether htmx sent it."""

    @cached_property
    def form(self) -> ImmutableMultiDict[str, str]:
        return _without_nul(super().form)

    @cached_property
    def args(self) -> ImmutableMultiDict[str, str]:
        return _without_nul(super().args)

    def _load_form_data(self) -> None:
        """Read the form body with a time limit. Werkzeug has no hook for this, so its method is replaced."""
        with self._body_errors():
            super()._load_form_data()

    @overload
    def get_data(
        self, cache: bool = ..., as_text: Literal[False] = ..., parse_form_data: bool = ...
    ) -> bytes: ...
    @overload
    def get_data(
        self, cache: bool = ..., as_text: Literal[True] = ..., parse_form_data: bool = ...
    ) -> str: ...
    def get_data(
        self, cache: bool = True, as_text: Any = False, parse_form_data: bool = False
    ) -> bytes | str:
        with self._body_errors():
            return super().get_data(cache, as_text, parse_form_data)

    @contextmanager
    def _body_errors(self) -> Iterator[None]:
        """Turn errors of the body into answers: 400 if it is incomplete or malformed, 408 if it takes too long."""
        limit = Timeout(BODY_SECONDS)
        try:
            with limit:
                yield
        except Timeout as expired:
            if expired is not limit:
                raise
            self._stop_receiving()
            raise RequestTimeout from None
        except (OSError, ParseException) as error:
            raise BadRequest from error

    def _stop_receiving(self) -> None:
        """Close the receiving side: otherwise the server would wait for the rest of the body."""
        connection = self.environ.get("gunicorn.socket")
        if connection is not None:
            with suppress(OSError):
                connection.shutdown(socket.SHUT_RD)

    @property
    def referrer(self) -> str | None:
        """The address of the page that sent the request; None if it is malformed (`http://[` makes urlsplit raise)."""
        address = self.headers.get("Referer")
        return address if address and host_of(address) is not None else None


def host_of(address: str) -> str | None:
    """Host and port of an address; None when it cannot be read."""
    try:
        return urlsplit(address).netloc
    except ValueError:
        return None


def _without_nul(values: MultiDict[str, str]) -> ImmutableMultiDict[str, str]:
    if not any("\x00" in value or "\x00" in key for key, value in values.items(multi=True)):
        return values if isinstance(values, ImmutableMultiDict) else ImmutableMultiDict(values)
    return ImmutableMultiDict(
        [(key.replace("\x00", ""), value.replace("\x00", "")) for key, value in values.items(multi=True)]
    )


def init_app(app: Flask) -> None:
    app.request_class = CleanRequest
    app.before_request(_begin)
    app.after_request(_log)
    app.after_request(_measure)
    app.teardown_request(_end)


def _begin() -> None:
    g.began = time.perf_counter()
    trace.begin_request(request.headers.get("traceparent"), request.headers.get("X-Amzn-Trace-Id"))
    g.request_id = trace.request_id.get()
    g.scope = ExitStack()
    if telemetry.is_on() and request.endpoint not in UNTRACED:
        _begin_span(g.scope)
    if "\x00" in request.path:
        abort(404)
    g.scope.enter_context(db.reading())


def _begin_span(scope: ExitStack) -> None:
    """Open the request's span. Its name has the route: an address can contain the token of an order."""
    method, route = _method(), _route()
    g.labels = {"http.request.method": method, "http.route": route}
    g.span = scope.enter_context(telemetry.span(f"{method} {route}", "server", g.labels))


def _method() -> str:
    """The method, if it is one of HTTP: a client can send any word."""
    return request.method if request.method in METHODS else "_OTHER"


def _route() -> str:
    return request.url_rule.rule if request.url_rule else "(none)"


def _measure(response: Response) -> Response:
    """Record the duration, and the outcome in the span."""
    span: telemetry.Span | None = g.get("span")
    if span is not None:
        span.set("http.response.status_code", response.status_code)
        if response.status_code >= 500:
            span.fail()
        labels = {**g.labels, "status_class": f"{response.status_code // 100}xx"}
        telemetry.record(metrics.REQUESTS, time.perf_counter() - g.began, labels)
    return response


def _log(response: Response) -> Response:
    response.headers["X-Request-Id"] = g.get("request_id", "")
    if request.endpoint not in UNLOGGED and log.isEnabledFor(logging.INFO):
        log.info(
            "request",
            extra={
                "method": request.method,
                "route": _route(),
                "status": response.status_code,
                "ms": round((time.perf_counter() - g.get("began", time.perf_counter())) * 1000, 1),
            },
        )
    return response


def _end(_: BaseException | None) -> None:
    scope: ExitStack | None = g.pop("scope", None)
    if scope is not None:
        scope.close()
