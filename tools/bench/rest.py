"""Orders, payments and admissions over the REST API, by a client that uses little processor time."""

from __future__ import annotations

import asyncio
import itertools
import json
import secrets
import time
import uuid
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from functools import partial
from typing import Any

from app.core import db
from app.users import service as users
from app.users.service import DEMO_SIGN_INS
from tools.bench.door import check_admitted, make_valid
from tools.bench.holds import Tickets
from tools.bench.http import Answer, Broken, Connection
from tools.bench.load import percentiles
from tools.bench.shapes import Shape

CLIENTS = 16
POLL_SECONDS = 0.1
PAY_SECONDS, MAIL_SECONDS = 30.0, 180.0
BUYER = {"name": "Ana Souza", "email": "ana@example.com", "cpf": "", "method": "pix"}
_BUSY = 503
# Each paid order has one mail, which user-service sends when the PDF is stored.
_MAILS = "select count(*) from core.processed where consumer = 'users'"
_numbers = itertools.count()


@dataclass(frozen=True)
class Done:
    """How many were done, in how many seconds, and the times of single ones in ms."""

    number: int
    seconds: float
    p50_ms: float
    p95_ms: float


@dataclass
class ApiClient:
    """A customer with a keep-alive connection from an address of its own: the API limits requests by address."""

    port: int
    token: str = ""
    _address: str = field(default_factory=lambda: _next_address())
    _connection: Connection | None = None

    async def send(self, method: str, path: str, body: object = None) -> Answer:
        message = self._message(method, path, b"" if body is None else json.dumps(body).encode())
        if self._connection is None:
            self._connection = await Connection.open(self.port, address=self._address)
        try:
            answer = await self._connection.send(message)
        except Broken:  # an idle connection was closed; the key lets the request act once
            self._connection = await Connection.open(self.port, address=self._address)
            answer = await self._connection.send(message)
        if (answer.header("Connection") or "").lower() == "close":
            self.close()
        return answer

    async def get_document(self, method: str, path: str, body: object = None) -> Any:
        """The document of a successful answer; a busy server is asked again. Raises Broken."""
        while (answer := await self.send(method, path, body)).status == _BUSY:
            await asyncio.sleep(POLL_SECONDS)
        if answer.status not in (200, 201, 202):
            raise Broken(f"{answer.status} for {method} {path}: {answer.text[:200]}")
        return json.loads(answer.body)

    def close(self) -> None:
        if self._connection is not None:
            self._connection.close()
            self._connection = None

    def _message(self, method: str, path: str, body: bytes) -> bytes:
        head = [
            f"{method} /api/v1{path} HTTP/1.1",
            f"Host: 127.0.0.1:{self.port}",
            "Accept-Language: pt-BR",
            "Content-Type: application/json",
            f"Content-Length: {len(body)}",
        ]
        if method == "POST":
            head.append(f"Idempotency-Key: {secrets.token_urlsafe(16)}")
        if self.token:
            head.append(f"Authorization: Bearer {self.token}")
        return "\r\n".join(head).encode() + b"\r\n\r\n" + body


def _next_address() -> str:
    number = next(_numbers)
    return f"127.{1 + number // 62_500 % 250}.{number // 250 % 250}.{number % 250 + 1}"


def hold(shape: Shape, tickets: Tickets, *, seconds: float, clients: int = CLIENTS) -> Done:
    """Begin orders of two seats each, as many as possible in `seconds`; then release them."""
    done = asyncio.run(_hold(shape, tickets, seconds, clients))
    tickets.release_all(shape)
    return done


async def _hold(shape: Shape, tickets: Tickets, seconds: float, clients: int) -> Done:
    times: list[float] = []
    end = time.perf_counter() + seconds

    async def customer() -> None:
        client = ApiClient(shape.port)
        while (began := time.perf_counter()) < end:
            screening_id, seats = tickets.next()
            answer = await client.send("POST", "/orders", {"screening": screening_id, "seats": seats})
            if answer.status == 201:
                times.append(time.perf_counter() - began)
            elif answer.status != _BUSY:
                raise Broken(f"{answer.status} for a hold: {answer.text[:200]}")
        client.close()

    return await _together([customer] * clients, times)


def order(shape: Shape, wanted: Sequence[tuple[int, tuple[int, ...]]], *, clients: int = CLIENTS) -> Done:
    """Make an order of each pair of screening and seats, until it is paid; then wait for all PDFs and mails."""
    mails = shape.query(_MAILS)[0][0] + len(wanted)
    done = asyncio.run(_order(shape, list(wanted), clients))
    deadline = time.monotonic() + MAIL_SECONDS
    while shape.query(_MAILS)[0][0] < mails:
        if time.monotonic() > deadline:
            raise RuntimeError("the PDFs and mails of the orders were not made in time")
        time.sleep(0.25)
    return done


async def _order(shape: Shape, wanted: list[tuple[int, tuple[int, ...]]], clients: int) -> Done:
    times: list[float] = []

    async def customer() -> None:
        while wanted:
            screening_id, seats = wanted.pop()
            client, began = ApiClient(shape.port), time.perf_counter()
            await _buy(client, screening_id, seats)
            times.append(time.perf_counter() - began)
            client.close()

    return await _together([customer] * clients, times)


async def _buy(client: ApiClient, screening_id: int, seats: tuple[int, ...]) -> None:
    made = await client.get_document("POST", "/orders", {"screening": screening_id, "seats": seats})
    path = f"/orders/{made['token']}"
    types = [{"seat": seat, "type": "full"} for seat in seats]
    made = await client.get_document("PUT", f"{path}/types", {"seats": types, "age_confirmed": True})
    await client.get_document("POST", f"{path}/payments", BUYER | {"total": made["total"]})
    deadline = time.monotonic() + PAY_SECONDS
    while (await client.get_document("GET", path))["state"] != "paid":
        if time.monotonic() > deadline:
            raise Broken(f"an order was not paid after {PAY_SECONDS:.0f} s")
        await asyncio.sleep(POLL_SECONDS)


@dataclass(frozen=True)
class Gate:
    """A screening with sold tickets, and the tokens of the devices at its door."""

    shape: Shape
    screening_id: int
    tokens: list[str]

    def admit(self) -> Done:
        """Admit each ticket once, by the text of its QR code."""
        make_valid(self.shape, self.screening_id)
        codes = [
            str(code)
            for (code,) in self.shape.query(
                "select qr_text from tickets.tickets where screening_id = %s", self.screening_id
            )
        ]
        number = len(codes)
        done = asyncio.run(self._admit(codes))
        check_admitted(self.shape, self.screening_id, number)
        return done

    async def _admit(self, codes: list[str]) -> Done:
        times: list[float] = []

        async def device(token: str) -> None:
            client = ApiClient(self.shape.port, token)
            while codes:
                body, began = {"code": codes.pop(), "nonce": str(uuid.uuid4())}, time.perf_counter()
                answer = await client.get_document("POST", "/admissions", body)
                if not answer["admitted"]:
                    raise Broken(f"a ticket was refused: {answer['verdict']}")
                times.append(time.perf_counter() - began)
            client.close()

        return await _together([partial(device, token) for token in self.tokens], times)


def register_doors(shape: Shape, screening_id: int, number: int = CLIENTS) -> list[str]:
    """Register door devices at the cinema of a screening; returns their tokens."""
    site_id = shape.query(
        "select a.cinema_id from events.screenings s join events.auditoriums a on a.id = s.auditorium_id"
        " where s.id = %s",
        screening_id,
    )[0][0]
    email = next(email for role, email, _ in DEMO_SIGN_INS if role == "door")
    db.connect(shape.database_url)
    try:
        with db.transaction():
            account = users.account_of(email)
            assert account is not None
            return [users.register_door(site_id, f"Gate {n}", account.id) for n in range(number)]
    finally:
        db.engine().dispose()


async def _together(works: Sequence[Callable[[], Any]], times: list[float]) -> Done:
    """Run all at the same time; `times` are the seconds of single ones that they have done."""
    began = time.perf_counter()
    await asyncio.gather(*(work() for work in works))
    return Done(len(times), time.perf_counter() - began, *percentiles(times))
