"""Sends one request repeatedly from several clients and measures rate and time."""

from __future__ import annotations

import asyncio
import time
from dataclasses import dataclass

from tools.bench.http import Connection


@dataclass(frozen=True)
class Load:
    requests: int
    per_second: float
    p50_ms: float
    p95_ms: float


def percentiles(times: list[float]) -> tuple[float, float]:
    """p50 and p95 of seconds, in ms."""
    ordered = sorted(times) or [0.0]
    return ordered[len(ordered) // 2] * 1000, ordered[min(len(ordered) - 1, len(ordered) * 95 // 100)] * 1000


def request(path: str, port: int) -> bytes:
    lines = (
        f"GET {path} HTTP/1.1",
        f"Host: 127.0.0.1:{port}",
        "Accept-Language: pt-BR",
        "Accept-Encoding: gzip",
    )
    return ("\r\n".join(lines) + "\r\n\r\n").encode()


def run(path: str, port: int, *, clients: int = 16, seconds: float = 4.0) -> Load:
    """GETs of `path`. Raises RuntimeError when an answer is not 200."""
    return asyncio.run(_run(request(path, port), port, clients, seconds))


async def _run(message: bytes, port: int, clients: int, seconds: float) -> Load:
    connections = [await Connection.open(port) for _ in range(clients)]
    for connection in connections:
        await connection.send(message)
    times: list[float] = []
    end = time.perf_counter() + seconds

    async def ask(connection: Connection) -> None:
        while (began := time.perf_counter()) < end:
            answer = await connection.send(message)
            if answer.status != 200:
                raise RuntimeError(f"{answer.status} for {message[:60]!r}")
            times.append(time.perf_counter() - began)

    began = time.perf_counter()
    await asyncio.gather(*(ask(connection) for connection in connections))
    took = time.perf_counter() - began
    for connection in connections:
        connection.close()
    return Load(len(times), len(times) / took, *percentiles(times))
