"""A small HTTP/1.1 client on asyncio. It runs on the measured machine, so it must use little processor time."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from html import unescape
from types import MappingProxyType
from urllib.parse import urlencode

_LENGTH = re.compile(rb"\r\ncontent-length: *(\d+)", re.IGNORECASE)
_FORM = re.compile(r"<form\b([^>]*)>(.*?)</form>", re.DOTALL | re.IGNORECASE)
_INPUT = re.compile(r"<input\b([^>]*)>", re.IGNORECASE)
_ATTRIBUTE = re.compile(r'([a-zA-Z_:-]+)(?:="([^"]*)")?')

NO_HEADERS: Mapping[str, str] = MappingProxyType({})


@dataclass(slots=True)
class Answer:
    status: int
    head: bytes
    body: bytes

    def header(self, name: str) -> str | None:
        found = re.search(rb"\r\n" + name.encode() + rb": *([^\r]*)", self.head, re.IGNORECASE)
        return found[1].decode("latin-1") if found else None

    @property
    def text(self) -> str:
        return self.body.decode()


class Broken(Exception):
    """The server closed the connection, or answered with something that is not expected."""


class Connection(asyncio.Protocol):
    """One keep-alive connection, one request at a time."""

    def __init__(self) -> None:
        self._buffer = b""
        self._waiting: asyncio.Future[Answer] | None = None
        self._transport: asyncio.Transport | None = None

    @classmethod
    async def open(cls, port: int, *, address: str | None = None) -> Connection:
        """Connect to a port of this machine, from `address` (127.0.0.0/8), or from the usual one."""
        local = (address, 0) if address else None
        _, protocol = await asyncio.get_running_loop().create_connection(
            cls, "127.0.0.1", port, local_addr=local
        )
        return protocol

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = transport  # type: ignore[assignment]

    async def send(self, request: bytes) -> Answer:
        assert self._transport is not None
        self._waiting = asyncio.get_running_loop().create_future()
        self._transport.write(request)
        return await self._waiting

    def data_received(self, data: bytes) -> None:
        self._buffer += data
        end = self._buffer.find(b"\r\n\r\n")
        if end < 0:
            return
        head = self._buffer[:end]
        status = int(head[9:12])
        found = _LENGTH.search(head)
        length = int(found[1]) if found else 0
        if found is None and status not in (204, 304):
            self._fail(f"no content-length in {head[:80]!r}")
            return
        if len(self._buffer) < end + 4 + length:
            return
        body = self._buffer[end + 4 : end + 4 + length]
        self._buffer = self._buffer[end + 4 + length :]
        waiting, self._waiting = self._waiting, None
        if waiting is not None and not waiting.done():
            waiting.set_result(Answer(status, head, body))

    def connection_lost(self, _: Exception | None) -> None:
        self._fail("connection closed")

    def _fail(self, why: str) -> None:
        if self._waiting is not None and not self._waiting.done():
            self._waiting.set_exception(Broken(why))

    def close(self) -> None:
        if self._transport is not None:
            self._transport.close()


@dataclass
class Browser:
    """One customer: a connection, cookies, a count of the requests (redirects are requests too)."""

    port: int
    cookies: dict[str, str] = field(default_factory=dict)
    requests: int = 0
    path: str = ""
    _connection: Connection | None = None

    async def get(
        self,
        path: str,
        *,
        follow: bool = True,
        encoding: str = "identity",
        headers: Mapping[str, str] = NO_HEADERS,
    ) -> Answer:
        return await self._go("GET", path, b"", follow, encoding, headers)

    async def post(
        self,
        path: str,
        fields: list[tuple[str, str]],
        *,
        follow: bool = True,
        headers: Mapping[str, str] = NO_HEADERS,
    ) -> Answer:
        return await self._go("POST", path, urlencode(fields).encode(), follow, headers=headers)

    async def _go(
        self,
        method: str,
        path: str,
        body: bytes,
        follow: bool,
        encoding: str = "identity",
        headers: Mapping[str, str] = NO_HEADERS,
    ) -> Answer:
        answer = await self._send(method, path, body, encoding, headers)
        while follow and answer.status in (301, 302, 303):
            path = (answer.header("Location") or "").removeprefix(f"http://127.0.0.1:{self.port}")
            answer = await self._send("GET", path, b"")
        self.path = path
        return answer

    async def _send(
        self,
        method: str,
        path: str,
        body: bytes,
        encoding: str = "identity",
        headers: Mapping[str, str] = NO_HEADERS,
    ) -> Answer:
        if self._connection is None:
            self._connection = await Connection.open(self.port)
        head = [f"{method} {path} HTTP/1.1", f"Host: 127.0.0.1:{self.port}", "Accept-Language: pt-BR"]
        head.append(f"Accept-Encoding: {encoding}")
        head += [f"{name}: {value}" for name, value in headers.items()]
        if self.cookies:
            head.append("Cookie: " + "; ".join(f"{name}={value}" for name, value in self.cookies.items()))
        if method == "POST":
            head.append("Content-Type: application/x-www-form-urlencoded")
            head.append(f"Origin: http://127.0.0.1:{self.port}")
            head.append(f"Content-Length: {len(body)}")
        request = "\r\n".join(head).encode() + b"\r\n\r\n" + body
        self.requests += 1
        try:
            answer = await self._connection.send(request)
        except Broken:  # the server closed an idle connection: send again on a new one
            self._connection = await Connection.open(self.port)
            answer = await self._connection.send(request)
        for found in re.finditer(rb"\r\nset-cookie: *([^=]+)=([^;\r]*)", answer.head, re.IGNORECASE):
            self.cookies[found[1].decode()] = found[2].decode()
        if (answer.header("Connection") or "").lower() == "close":
            self._connection.close()
            self._connection = None
        return answer

    def close(self) -> None:
        if self._connection is not None:
            self._connection.close()


def form(html: str, action: str) -> list[tuple[str, str]]:
    """The fields of the form that posts to `action`, as the page fills them. Raises Broken."""
    for found in _FORM.finditer(html):
        attributes = _attributes(found[1])
        if attributes.get("action", "") == action and attributes.get("method", "get").lower() == "post":
            return [pair for pair in map(_filled, _INPUT.finditer(found[2])) if pair is not None]
    raise Broken(f"no form posts to {action}")


def _filled(found: re.Match[str]) -> tuple[str, str] | None:
    field_ = _attributes(found[1])
    kind = field_.get("type", "text")
    if "name" not in field_ or "disabled" in field_ or kind in ("submit", "button", "image"):
        return None
    if kind in ("radio", "checkbox") and "checked" not in field_:
        return None
    return field_["name"], field_.get("value", "on" if kind == "checkbox" else "")


def _attributes(text: str) -> dict[str, str]:
    return {name.lower(): unescape(value or "") for name, value in _ATTRIBUTE.findall(text)}
