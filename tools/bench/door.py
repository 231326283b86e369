"""Scans at the door over HTTP: tickets of one screening, each scanned once, from many scanners at the same time."""

from __future__ import annotations

import asyncio
import secrets
import time
from collections.abc import Sequence
from dataclasses import dataclass

from app.users.service import DEMO_SIGN_INS
from tools.bench.holds import pairs
from tools.bench.http import Broken, Browser, form
from tools.bench.load import percentiles
from tools.bench.purchase import buy
from tools.bench.server import BenchServer, Database

SCANNERS = 16
ORDERS = 100
RETRY_SECONDS = 0.25
_PLACE = "/staff/admissions"
# A large screening without sales, and its seats; the setting of the measured server opens its door all day.
_SCREENING = """
    select s.id, s.auditorium_id, array_agg(array[p.id, p.row_index, p.column] order by p.row_index, p.column)
    from events.screenings s join events.seats p on p.auditorium_id = s.auditorium_id
    where s.status = 'scheduled' and s.starts_at between now() + interval '1 hour' and now() + interval '20 hours'
      and p.kind = 'standard'
      and not exists (select 1 from reservations.seat_claims c where c.screening_id = s.id and c.seat_id = p.id)
    group by s.id order by count(*) desc, s.id limit 1
"""
# Late in the evening no large screening of today is left: doors list those of today alone, so one begins soon instead.
_EMPTY_AUDITORIUM = """
    update events.screenings set status = 'cancelled'
    where auditorium_id = %s and id <> %s and ends_at > now() and starts_at < now() + interval '5 hours'
"""
_BEGIN_SOON = """
    update events.screenings set starts_at = now() + interval '15 minutes', starts_local = null, timezone = null,
      ends_at = now() + interval '15 minutes' + (ends_at - starts_at)
    where id = %s
"""
_RAISE_VERSION = "update events.programme_version set version = version + 1"  # of the caches of the programme


@dataclass(frozen=True)
class Scans:
    """Tickets that were scanned once each, the seconds of all together, and the times of single scans in ms."""

    number: int
    seconds: float
    p95_ms: float
    slowest_ms: float


@dataclass(frozen=True)
class Door:
    """A screening with sold tickets, and the signed-in device of a person at its door."""

    server: BenchServer
    screening_id: int
    cookies: dict[str, str]

    def scan(self, *, signed: bool, htmx: bool) -> Scans:
        """Scan every ticket once, by its QR's signed text or by its code.

        Without `htmx` a scan is a form and the page after its redirect, as in a browser without scripts.
        """
        rows = self.server.query(
            "select qr_text, code from tickets.tickets where screening_id = %s", self.screening_id
        )
        codes = [(qr_text if signed else code, self.screening_id) for qr_text, code in rows]
        self.reset()
        found = asyncio.run(self._scan(codes, htmx, SCANNERS))
        check_admitted(self.server, self.screening_id, len(codes))
        return found

    def scan_crowd(self, codes: Sequence[tuple[str, int]], clients: int) -> Scans:
        """Scan tickets of many screenings (each with its screening's id) from many devices at the same time."""
        return asyncio.run(self._scan(codes, True, clients))

    def reset(self) -> None:
        make_valid(self.server, self.screening_id)

    async def _scan(self, codes: Sequence[tuple[str, int]], htmx: bool, clients: int) -> Scans:
        waiting: list[tuple[str, int, float | None]] = [(code, screening, None) for code, screening in codes]
        times: list[float] = []
        scanners = [Browser(self.server.port, dict(self.cookies)) for _ in range(clients)]
        page = await scanners[0].get("/staff/scan")
        fields = [pair for pair in form(page.text, _PLACE) if pair[0] not in ("code", "once", "place")]

        async def scan(browser: Browser) -> None:
            while waiting:
                code, screening_id, first = waiting.pop()
                place = ("place", f"screening-{screening_id}")
                filled = [*fields, place, ("code", code), ("once", secrets.token_urlsafe(12))]
                began = first or time.perf_counter()
                headers = {"HX-Request": "true"} if htmx else {}
                answer = await browser.post(_PLACE, filled, follow=not htmx, headers=headers)
                if answer.status == 503:  # the server is busy, so the ticket is scanned again
                    waiting.append((code, screening_id, began))
                    await asyncio.sleep(RETRY_SECONDS)
                    continue
                if answer.status != 200:
                    raise RuntimeError(f"{answer.status} for a scan")
                times.append(time.perf_counter() - began)

        began = time.perf_counter()
        await asyncio.gather(*(scan(browser) for browser in scanners))
        took = time.perf_counter() - began
        for browser in scanners:
            browser.close()
        return Scans(len(codes), took, percentiles(times)[1], max(times) * 1000)


def make_valid(server: Database, screening_id: int) -> None:
    """Make every ticket of a screening valid again for the next measurement."""
    server.query(
        "with tried as (delete from tickets.admissions where ticket_id in"
        " (select id from tickets.tickets where screening_id = %s))"
        " update tickets.tickets set state = 'valid', admitted_at = null where screening_id = %s",
        screening_id, screening_id,
    )  # fmt: skip


def check_admitted(server: Database, screening_id: int, number: int) -> None:
    """Raise RuntimeError unless so many tickets of a screening are admitted."""
    admitted = server.query(
        "select count(*) from tickets.tickets where screening_id = %s and state = 'admitted'", screening_id
    )[0][0]
    if admitted != number:
        raise RuntimeError(f"{admitted} of {number} scanned tickets were admitted")


def open_screening(server: Database) -> tuple[int, list[list[int]]]:
    """Let a large screening without sales begin soon; returns its id and its seats (id, row, column)."""
    screening_id, auditorium_id, seats = server.query(_SCREENING)[0]
    server.query(_EMPTY_AUDITORIUM, auditorium_id, screening_id)
    server.query(_BEGIN_SOON, screening_id)
    server.query(_RAISE_VERSION)
    return screening_id, seats


def prepare(server: BenchServer) -> Door:
    """Sell seats of a screening that begins soon, wait for their tickets, and sign in at its door."""
    screening_id, seats = open_screening(server)
    asyncio.run(_sell(server, screening_id, list(pairs(seats))[:ORDERS]))
    return Door(server, screening_id, asyncio.run(_sign_in(server)))


async def _sell(server: BenchServer, screening_id: int, orders: list[tuple[int, int]]) -> None:
    async def customer() -> None:
        while orders:
            browser = Browser(server.port)
            await buy(browser, screening_id, orders.pop())
            browser.close()

    await asyncio.gather(*(customer() for _ in range(4)))


async def _sign_in(server: BenchServer) -> dict[str, str]:
    email, password = next((email, password) for role, email, password in DEMO_SIGN_INS if role == "door")
    browser = Browser(server.port)
    page = await browser.get("/account/sign-in")
    fields = [pair for pair in form(page.text, "/account/sign-in") if pair[0] not in ("email", "password")]
    answer = await browser.post("/account/sign-in", [*fields, ("email", email), ("password", password)])
    if answer.status != 200 or browser.path == "/account/sign-in":
        raise Broken(f"{answer.status} at the sign-in of the door")
    browser.close()
    return browser.cookies
