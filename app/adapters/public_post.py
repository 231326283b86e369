"""POSTs to servers whose addresses other people have chosen: it never reaches a machine that is not public.

The name is resolved once for each POST, all its addresses are checked, and the connection is made to a checked one; TLS
and the header Host use the name. So a name whose answer changes between the check and the connection (DNS rebinding)
gains nothing. Redirects are not followed, and proxies of the environment are not used.

`http.client` is enough for this: it uses the given connection and makes none of its own. The clients above it
(requests, httpx) would have to be kept from redirects, proxies and names, and have no limit for a whole request.
"""

from __future__ import annotations

import re
import socket
import ssl
import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from functools import cached_property
from http.client import HTTPConnection, HTTPException, HTTPSConnection
from urllib.parse import urlsplit

from app.adapters.host_names import ascii_host
from app.adapters.public_addresses import is_loopback, is_public

MOST_LETTERS = 500  # of an address
CONNECT_SECONDS, WHOLE_SECONDS = 5.0, 15.0
MOST_TRIED = 3  # addresses of a host
MOST_READ = 1024  # bytes of the answer; the rest is not read
_VISIBLE = re.compile(r"[\x21-\x7e]+")
_NAME = re.compile(r"(?=.*[a-z])[a-z0-9-]+(\.[a-z0-9-]+)+", re.IGNORECASE)

Resolve = Callable[[str, int], Sequence[str]]


class BadAddress(ValueError):
    """The address must not be used. `reason` is stable: `form`, `scheme`, `host`, `port`."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


class NoAnswer(Exception):
    """The server gave no answer. `reason` is stable.

    `address`, `unknown_host`, `not_public`, `not_reached`, `tls`, `cut`, `too_slow`, or `unreadable`.
    """

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


@dataclass(frozen=True, slots=True)
class Answer:
    """An answer: its status, and the first bytes of its body."""

    status: int
    start: bytes


@dataclass(frozen=True, slots=True)
class Target:
    """A checked address: a name, not yet resolved."""

    is_tls: bool
    host: str
    port: int
    path: str  # with the query


def resolve(host: str, port: int) -> list[str]:
    """The IP addresses of a host, by the resolver of this machine, which has its own time limits. Raises OSError."""
    found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    return list(dict.fromkeys(str(one[4][0]) for one in found))


class PublicPoster:
    """Sends POSTs by HTTPS to `ports` of public servers.

    `loopback`, for tests and development only: also by HTTP, and to any port, of this machine itself.
    """

    def __init__(
        self,
        ports: Sequence[int] = (443,),
        *,
        loopback: bool = False,
        resolve: Resolve = resolve,
        context: ssl.SSLContext | None = None,
        whole_seconds: float = WHOLE_SECONDS,
    ) -> None:
        self._ports = frozenset(ports)
        self._loopback = loopback
        self._resolve = resolve
        self._given_context = context
        self._whole_seconds = whole_seconds

    @cached_property
    def _context(self) -> ssl.SSLContext:
        """Made at the first POST, because it reads many certificates: not every process sends."""
        return self._given_context or ssl.create_default_context()

    def check(self, address: str) -> Target:
        """The parts of an address, without asking for its host. Raises BadAddress."""
        if len(address) > MOST_LETTERS or not _VISIBLE.fullmatch(address):
            raise BadAddress("form")
        try:
            url = urlsplit(address)
            host, port = ascii_host(url.hostname or "").lower(), url.port
        except ValueError:
            raise BadAddress("form") from None
        if url.username is not None or url.fragment or "\\" in address:
            raise BadAddress("form")
        is_here = self._loopback and (host == "localhost" or is_loopback(host))
        if url.scheme != "https" and not (is_here and url.scheme == "http"):
            raise BadAddress("scheme")
        if not is_here and not _NAME.fullmatch(host):
            raise BadAddress("host")  # a number is no name, in whatever form it is written
        port = port if port is not None else 443 if url.scheme == "https" else 80
        if not self._loopback and port not in self._ports:
            raise BadAddress("port")
        path = (url.path or "/") + (f"?{url.query}" if url.query else "")
        return Target(url.scheme == "https", host, port, path)

    def post(self, address: str, headers: Mapping[str, str], body: bytes) -> Answer:
        """POST the body; it takes WHOLE_SECONDS at most, after the host is resolved. Raises NoAnswer."""
        try:
            target = self.check(address)
        except BadAddress as error:
            raise NoAnswer("address") from error
        places = self._places(target)
        with _time_limit(self._whole_seconds) as limit:
            try:
                answer = self._exchange(self._connect(target, places, limit), target, headers, body)
            except NoAnswer:
                raise
            except ssl.SSLError as error:
                raise NoAnswer("too_slow" if limit.is_over else "tls") from error
            except OSError as error:
                is_slow = limit.is_over or isinstance(error, TimeoutError)
                raise NoAnswer("too_slow" if is_slow else "cut") from error
            except (HTTPException, ValueError) as error:
                raise NoAnswer("too_slow" if limit.is_over else "unreadable") from error
            if limit.is_over:  # a cut in the headers looks like their end
                raise NoAnswer("too_slow")
            return answer

    def _places(self, target: Target) -> Sequence[str]:
        """The IP addresses of the host: all are allowed, or none is used. Raises NoAnswer."""
        try:
            found = self._resolve(target.host, target.port)
        except (OSError, UnicodeError) as error:
            raise NoAnswer("unknown_host") from error
        if not found:
            raise NoAnswer("unknown_host")
        for place in found:
            if not self._may_connect(target, place):
                raise NoAnswer("not_public")
        return found[:MOST_TRIED]

    def _may_connect(self, target: Target, place: str) -> bool:
        if self._loopback and is_loopback(place):
            return True
        return is_public(place) and target.is_tls and target.port in self._ports

    def _connect(self, target: Target, places: Sequence[str], limit: _TimeLimit) -> socket.socket:
        """A connection to one of the checked IP addresses. Raises NoAnswer, OSError."""
        plain: socket.socket | None = None
        for place in places:
            with suppress(OSError):
                plain = socket.create_connection((place, target.port), CONNECT_SECONDS)
                break
        if plain is None:
            raise NoAnswer("not_reached")
        limit.watch(plain)
        plain.settimeout(self._whole_seconds)
        if not target.is_tls:
            return plain
        try:
            return self._context.wrap_socket(plain, server_hostname=target.host)
        except OSError:
            plain.close()
            raise

    def _exchange(
        self, connected: socket.socket, target: Target, headers: Mapping[str, str], body: bytes
    ) -> Answer:
        connection = (
            HTTPSConnection(target.host, target.port, context=self._context)
            if target.is_tls
            else HTTPConnection(target.host, target.port)
        )
        connection.sock = connected
        connection.auto_open = 0  # it makes no connection of its own
        try:
            connection.request("POST", target.path, body, {**headers, "Connection": "close"})
            response = connection.getresponse()
            start = b""
            with suppress(OSError, HTTPException, ValueError):  # the status is the answer
                start = response.read1(MOST_READ)
            return Answer(response.status, start)
        finally:
            connection.close()


class _TimeLimit:
    """Cuts a connection when its time is over, however slowly the other side goes on sending."""

    def __init__(self, seconds: float) -> None:
        self.is_over = False
        self._lock = threading.Lock()
        self._watched: socket.socket | None = None
        self._timer = threading.Timer(seconds, self._cut)
        self._timer.daemon = True
        self._timer.start()

    def watch(self, connected: socket.socket) -> None:
        with self._lock:
            self._watched = connected.dup()  # TLS takes the descriptor of the first one over
        if self.is_over:
            self._cut()

    def end(self) -> None:
        self._timer.cancel()
        with self._lock:
            if self._watched is not None:
                self._watched.close()
            self._watched = None

    def _cut(self) -> None:
        self.is_over = True
        with self._lock:
            if self._watched is not None:
                with suppress(OSError):
                    self._watched.shutdown(socket.SHUT_RDWR)


@contextmanager
def _time_limit(seconds: float) -> Iterator[_TimeLimit]:
    limit = _TimeLimit(seconds)
    try:
        yield limit
    finally:
        limit.end()
