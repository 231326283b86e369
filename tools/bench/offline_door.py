"""A door without a network: the bytes that it keeps for a sold-out day, and the cost of keeping it current."""

from __future__ import annotations

import asyncio
import gzip
import json
import time
from dataclasses import dataclass

from tools.bench.door import Door
from tools.bench.http import Broken, Browser, form
from tools.bench.report import at_most, show
from tools.bench.server import BenchServer

SCREENINGS, SEATS = 50, 200  # ten auditoriums, five times a day
CROWD, SCANS_EACH = 250, 4
SLOWEST_MS, AIM_MS = 15_000, 2_000  # what two cores keep, and what the product should reach
DOORS, ASK_SECONDS = 100, 3.0  # a door asks for changes so often
MOST_SECONDS = 60
_PAGE, _DEVICE, _SNAPSHOT = "/staff/scan", "/staff/offline/device", "/staff/offline/snapshot"

# Copies of rows that were sold here, with new ids and codes. `replica` leaves out the checks of foreign keys and the
# trigger of changes: the rows are there before the device gets its snapshot.
_FILL = (
    "set session_replication_role = replica",
    """
    insert into events.auditoriums (cinema_id, label, name, stock, capacity)
    select a.cinema_id, 'bench ' || n, 'Sala ' || n, 'blue', 200
    from events.screenings s join events.auditoriums a on a.id = s.auditorium_id, generate_series(1, {screenings}) n
    where s.id = {screening}
    """,
    """
    insert into events.screenings (film_id, auditorium_id, starts_at, ends_at, version)
    select (select film_id from events.screenings where id = {screening}), a.id, now(), now() + interval '3 hours',
      'subtitled'
    from events.auditoriums a where a.label like 'bench %'
    """,
    """
    create temporary table sales as
    select s.id as screening_id, n, gen_random_uuid() as order_id
    from events.screenings s join events.auditoriums a on a.id = s.auditorium_id,
      generate_series(1, {seats} / 2) n where a.label like 'bench %'
    """,
    """
    insert into orders.orders select (jsonb_populate_record(one.sold, jsonb_build_object('id', sales.order_id,
      'token', sales.order_id, 'code', 'B' || sales.screening_id || '-' || sales.n, 'once', sales.order_id,
      'reservation_id', sales.order_id, 'screening_id', sales.screening_id,
      'name', initcap(substr(md5(sales.order_id::text), 1, 7)) || ' ' || initcap(substr(md5(random()::text), 1, 9))))).*
    from sales, (select o as sold from orders.orders o
      where state = 'paid' and screening_id = {screening} limit 1) one
    """,
    """
    insert into tickets.issues select (jsonb_populate_record(one.sold, jsonb_build_object('order_id', sales.order_id,
      'screening_id', sales.screening_id, 'facts', (one.sold).facts || jsonb_build_object('order_code',
      chr(65 + (random() * 25)::int) || 'TZ-' || (random() * 9999)::int)))).*
    from sales, (select i as sold from tickets.issues i where screening_id = {screening} limit 1) one
    """,
    """
    insert into tickets.tickets select (jsonb_populate_record(one.sold, jsonb_build_object('id', gen_random_uuid(),
      'order_id', sales.order_id, 'number', pair, 'screening_id', sales.screening_id, 'seat_id', sales.n * 2 + pair,
      'code', upper(substr(translate(encode(sha256(gen_random_uuid()::text::bytea), 'base64'), '+/=', ''), 1, 10)),
      'row_label', chr(65 + sales.n * 2 / 20), 'seat_number', (sales.n * 2 % 20 + pair)::text, 'state', 'valid',
      'admitted_at', null, 'gate', null, 'qr_symbol', null, 'ticket_type', case pair when 1 then 'full' else 'half' end,
      'half_kind', case pair when 1 then null else 'student' end))).*
    from sales, generate_series(1, 2) pair, (select t as sold from tickets.tickets t
      where screening_id = {screening} limit 1) one
    on conflict do nothing
    """,
    "analyze tickets.tickets, tickets.issues, orders.orders",
)


@dataclass(frozen=True)
class Store:
    """The snapshot of a day: bytes raw and compressed, tickets in it, and the time of its answer in ms."""

    tickets: int
    raw: int
    compressed: int
    ms: float


def measure(server: BenchServer, there: Door) -> None:
    """Measure a crowd of scanners, the data of a door, and the time until a revocation is at every door."""
    fill(server, there.screening_id)
    server.stop("web")  # its processes keep the programme, which SQL has changed without telling them
    server.start_web()
    codes = server.query(
        "select t.code, t.screening_id from tickets.tickets t join events.screenings s on s.id = t.screening_id"
        " join events.auditoriums a on a.id = s.auditorium_id where a.label like 'bench %%' limit %s",
        CROWD * SCANS_EACH,
    )
    scans = there.scan_crowd([(code, screening) for code, screening in codes], CROWD)
    note = f"{scans.number / scans.seconds:,.0f}/s, p95 {scans.p95_ms:.0f} ms; the aim is {AIM_MS:,} ms"
    show(
        at_most(
            f"slowest scan of {CROWD} devices", scans.slowest_ms, SLOWEST_MS, " ms", rival="26 s", note=note
        )
    )
    cookies = asyncio.run(register(server, there))
    found, cursor = asyncio.run(store(server, cookies))
    note = f"{found.tickets:,} tickets, {found.raw / 1024:,.0f} KB not compressed, made in {found.ms:.0f} ms"
    show(at_most("a door's data, sold-out day of ten rooms", found.compressed / 1024, 600, " KB", note=note))
    seconds = asyncio.run(revoke(server, cookies, cursor))
    note = f"{DOORS} doors that ask every {ASK_SECONDS:.0f} s"
    show(at_most("a revoked ticket at the last door", seconds, 5, " s", note=note, digits=1))


def fill(server: BenchServer, screening_id: int) -> None:
    """Sell out a day of ten auditoriums; `screening_id` has a paid order."""
    import psycopg2

    connection = psycopg2.connect(server.postgres.url)
    connection.autocommit = True
    try:
        with connection.cursor() as cursor:
            for statement in _FILL:
                cursor.execute(statement.format(screening=screening_id, screenings=SCREENINGS, seats=SEATS))
    finally:
        connection.close()


async def register(server: BenchServer, there: Door) -> dict[str, str]:
    """Make the signed-in browser at this door a door device; returns its cookies."""
    browser = Browser(server.port, dict(there.cookies))
    page = await browser.get(_PAGE)
    fields = [pair for pair in form(page.text, "/staff/admissions") if pair[0] == "csrf_token"]
    fields.append(("place", f"screening-{there.screening_id}"))
    answer = await browser.post(_DEVICE, fields, follow=False)
    browser.close()
    if answer.status != 303 or "door" not in browser.cookies:
        raise Broken(f"{answer.status} when a door was registered")
    return browser.cookies


async def store(server: BenchServer, cookies: dict[str, str]) -> tuple[Store, str]:
    """The snapshot's size, and its cursor."""
    browser = Browser(server.port, dict(cookies))
    raw = await browser.get(_SNAPSHOT)
    found = json.loads(raw.body)
    began = time.perf_counter()
    small = await browser.get(_SNAPSHOT, encoding="gzip")
    ms = (time.perf_counter() - began) * 1000
    browser.close()
    return Store(len(found["tickets"]), len(raw.body), len(small.body), ms), found["cursor"]


async def revoke(server: BenchServer, cookies: dict[str, str], cursor: str) -> float:
    """The seconds until the last of many doors knows of a ticket that is revoked while all ask for changes."""
    revoked_at = 0.0
    last = 0.0

    async def ask(number: int) -> None:
        nonlocal last
        browser, mine = Browser(server.port, dict(cookies)), cursor
        await asyncio.sleep(number * ASK_SECONDS / DOORS)
        while not revoked_at or time.perf_counter() - revoked_at < MOST_SECONDS:
            answer = await browser.get(f"/staff/offline/changes?cursor={mine}", encoding="gzip")
            if answer.status != 200:
                raise Broken(f"{answer.status} for the changes of a door")
            body = gzip.decompress(answer.body) if answer.header("Content-Encoding") else answer.body
            found = json.loads(body)
            if any(row[9] == "r" for row in found["tickets"]):
                last = max(last, time.perf_counter() - revoked_at)
                browser.close()
                return
            mine = found["cursor"]
            await asyncio.sleep(ASK_SECONDS)
        raise Broken(f"a door did not get a revocation within {MOST_SECONDS} s")

    doors = [asyncio.create_task(ask(number)) for number in range(DOORS)]
    await asyncio.sleep(2 * ASK_SECONDS)
    revoked_at = time.perf_counter()
    await asyncio.to_thread(
        server.query,
        "update tickets.tickets set state = 'revoked', revoked_at = now()"
        " where id = (select t.id from tickets.tickets t join events.screenings s on s.id = t.screening_id"
        " join events.auditoriums a on a.id = s.auditorium_id where a.label like 'bench %'"
        " and t.state = 'valid' limit 1)",
    )
    await asyncio.gather(*doors)
    return last
