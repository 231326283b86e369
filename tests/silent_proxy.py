"""A TCP proxy in front of Postgres that can go silent: it accepts data and forwards nothing."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from typing import Any

from psycopg2.extensions import parse_dsn


@dataclass(eq=False)
class ProxiedConnection:
    """A client's connection and its connection to the server."""

    silent: bool = False


class SilentProxy:
    """`url` leads to the database through the proxy; to another one on the same server with `url_of`."""

    def __init__(self, database_url: str) -> None:
        facts = parse_dsn(database_url)
        self._upstream = f"{facts['host']}/.s.PGSQL.{facts.get('port', 5432)}"
        self._database = facts["dbname"]
        self._links: set[ProxiedConnection] = set()
        self._silent = False
        self._loop = asyncio.new_event_loop()
        self._tasks: set[asyncio.Task[Any]] = set()
        self._thread = threading.Thread(target=self._loop.run_forever, daemon=True)
        self._thread.start()
        self._server = self._call(asyncio.start_server(self._serve, "127.0.0.1", 0))
        self.port: int = self._server.sockets[0].getsockname()[1]

    @property
    def url(self) -> str:
        return self.url_of(self._database)

    def url_of(self, database: str) -> str:
        return f"postgresql://postgres@127.0.0.1:{self.port}/{database}"

    def silence_all(self) -> None:
        """Silence the existing connections for ever, and new ones until `resume`."""
        self._silent = True
        self.silence_existing()

    def silence_existing(self) -> None:
        """Silence the existing connections for ever, as after a failover in which the old server disappears."""
        for link in list(self._links):
            link.silent = True

    def resume(self) -> None:
        """Forward new connections again."""
        self._silent = False

    def close(self) -> None:
        self._call(self._stop())
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()
        self._loop.close()

    def _call(self, work: Any) -> Any:
        return asyncio.run_coroutine_threadsafe(work, self._loop).result(30)

    async def _stop(self) -> None:
        self._server.close()
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        self._tasks.add(task)
        link = ProxiedConnection(silent=self._silent)
        self._links.add(link)
        try:
            with suppress(OSError):
                if link.silent:
                    await _pass_on(reader, None, link)
                else:
                    await self._join(reader, writer, link)
        finally:
            self._links.discard(link)
            self._tasks.discard(task)
            writer.close()

    async def _join(
        self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, link: ProxiedConnection
    ) -> None:
        from_server, to_server = await asyncio.open_unix_connection(self._upstream)
        ways = [
            asyncio.ensure_future(_pass_on(reader, to_server, link)),
            asyncio.ensure_future(_pass_on(from_server, writer, link)),
        ]
        try:
            # A silent link stays until its client leaves; the server, which hears nothing, does not know.
            await asyncio.wait([ways[0]] if link.silent else ways, return_when=asyncio.FIRST_COMPLETED)
            if link.silent:
                await ways[0]
        finally:
            for way in ways:
                way.cancel()
            to_server.close()


async def _pass_on(
    reader: asyncio.StreamReader, writer: asyncio.StreamWriter | None, link: ProxiedConnection
) -> None:
    with suppress(OSError):
        while data := await reader.read(65536):
            if writer is not None and not link.silent:
                writer.write(data)
                await writer.drain()


@contextmanager
def silent_proxy(database_url: str) -> Iterator[SilentProxy]:
    """A proxy for the time of a test."""
    proxy = SilentProxy(database_url)
    try:
        yield proxy
    finally:
        proxy.close()
