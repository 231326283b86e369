"""A collector in the test's process: it receives OTLP over HTTP and decodes it."""

from __future__ import annotations

import gzip
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from opentelemetry.proto.collector.metrics.v1.metrics_service_pb2 import ExportMetricsServiceRequest
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest


class Collector:
    """What arrived: `spans`, and the last value of each series in `series()`."""

    def __init__(self, address: str) -> None:
        self.address = address
        self.requests: list[tuple[str, bytes]] = []

    @property
    def spans(self) -> list[Any]:
        return [
            span
            for path, body in self.requests
            if path == "/v1/traces"
            for resource in ExportTraceServiceRequest.FromString(body).resource_spans
            for scope in resource.scope_spans
            for span in scope.spans
        ]

    def metrics(self) -> list[Any]:
        return [
            metric
            for path, body in self.requests
            if path == "/v1/metrics"
            for resource in ExportMetricsServiceRequest.FromString(body).resource_metrics
            for scope in resource.scope_metrics
            for metric in scope.metrics
        ]

    def series(self) -> dict[tuple[str, tuple[str, ...]], float]:
        """(name, values of the labels in their order) → sum of a counter, last value of a gauge, histogram's count."""
        found: dict[tuple[str, tuple[str, ...]], float] = {}
        for metric in self.metrics():
            data = getattr(metric, metric.WhichOneof("data"))
            for point in data.data_points:
                labels = {one.key: one.value.string_value for one in point.attributes}
                key = (metric.name, tuple(labels[name] for name in sorted(labels)))
                if metric.HasField("gauge"):
                    found[key] = point.as_double or point.as_int
                else:
                    value = point.count if metric.HasField("histogram") else (point.as_int or point.as_double)
                    found[key] = found.get(key, 0) + value
        return found


@contextmanager
def collector() -> Iterator[Collector]:
    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            if self.headers.get("Content-Encoding") == "gzip":
                body = gzip.decompress(body)
            received.requests.append((self.path, body))
            self.send_response(200)
            self.end_headers()

        def log_message(self, format: str, *args: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    received = Collector(f"http://127.0.0.1:{server.server_port}")
    thread = threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True)
    thread.start()
    try:
        yield received
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
