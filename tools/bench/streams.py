"""Measures streams: many viewers of one seat map at one web process, who receive a change."""

from __future__ import annotations

import asyncio
import resource
import time
from dataclasses import dataclass

from tools.bench.load import percentiles, request
from tools.bench.server import BenchServer

VIEWERS = 2_000
FROM_ONE_ADDRESS = 400  # the limit of a web process for one address
AT_ONCE = 50  # viewers that connect at the same time
SECONDS = 60.0
SOLD = """
    select screening_id, min(seat_id) from reservations.seat_claims c join events.screenings s on s.id = c.screening_id
    where s.starts_at > now() + interval '1 hour' group by 1 order by count(*) desc limit 1
"""


@dataclass(frozen=True)
class Streams:
    """`viewers` got a snapshot, `notified` of them got a change, in these ms."""

    viewers: int
    notified: int
    p50_ms: float
    p95_ms: float


def watch(server: BenchServer) -> Streams:
    """Open the streams and release a seat. The server must have one web process (`WEB_WORKERS=1`)."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (max(soft, min(hard, 2 * VIEWERS)), hard))
    return asyncio.run(_watch(server))


async def _watch(server: BenchServer) -> Streams:
    ((screening_id, seat_id),) = server.query(SOLD)
    arriving = asyncio.Semaphore(AT_ONCE)
    message = request(f"/screenings/{screening_id}/events", server.port)
    viewers = [_Viewer(server.port, f"127.0.1.{1 + n // FROM_ONE_ADDRESS}") for n in range(VIEWERS)]

    async def arrive(viewer: _Viewer) -> bool:
        async with arriving:
            return await viewer.arrive(message)

    arrived = await asyncio.gather(*(arrive(viewer) for viewer in viewers))
    there = [viewer for viewer, came in zip(viewers, arrived, strict=True) if came]
    waiting = [asyncio.create_task(viewer.notified()) for viewer in there]
    began = time.perf_counter()
    server.query(
        "delete from reservations.seat_claims where screening_id = %s and seat_id = %s", screening_id, seat_id
    )
    times = [at - began for at in await asyncio.gather(*waiting) if at is not None]
    for viewer in viewers:
        viewer.close()
    return Streams(len(there), len(times), *percentiles(times))


class _Viewer:
    def __init__(self, port: int, address: str) -> None:
        self._port, self._address = port, address
        self._reader: asyncio.StreamReader | None = None
        self._writer: asyncio.StreamWriter | None = None

    async def arrive(self, message: bytes) -> bool:
        """Connect; returns whether the first snapshot came."""
        self._reader, self._writer = await asyncio.open_connection(
            "127.0.0.1", self._port, local_addr=(self._address, 0)
        )
        self._writer.write(message)
        return await self._read_until(b"event: seats")

    async def notified(self) -> float | None:
        """The time at which the change came."""
        return time.perf_counter() if await self._read_until(b"event: change") else None

    async def _read_until(self, words: bytes) -> bool:
        assert self._reader is not None
        try:
            async with asyncio.timeout(SECONDS):
                while line := await self._reader.readline():
                    if words in line:
                        return True
        except (TimeoutError, OSError):
            pass
        return False

    def close(self) -> None:
        if self._writer is not None:
            self._writer.close()
