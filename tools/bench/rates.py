"""Rates of pages, holds and scans as ratios to the hello page of the same server; of holds also to the SQL claim."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import partial

from tools.bench import door, door_page, holds, load, sql
from tools.bench.processor import spent
from tools.bench.report import Figure, at_least, at_most, show
from tools.bench.server import BenchServer
from tools.bench.turns import Ratios, Sample, in_turns

CLIENTS = 16
_LARGEST = """
    select s.id, count(*) from events.screenings s join events.seats p on p.auditorium_id = s.auditorium_id
    where s.status = 'scheduled' and s.starts_at > now() + interval '1 hour'
    group by s.id order by count(*) desc, s.id limit 1
"""
HELLO, CLAIM = "hello", "SQL claim"
# The minimum rate and the maximum processor time, as multiples of the bound. On a busy machine the processor time
# of the same version varied by a half from turn to turn, so a limit is about 1.4 times what quiet machines show.
LIMITS: Mapping[tuple[str, str], tuple[float, float]] = {
    ("programme", HELLO): (0.25, 4.0),
    ("seat map", HELLO): (0.12, 8.0),
    ("hold of two seats", HELLO): (0.07, 15.0),
    ("hold of two seats", CLAIM): (0.05, 20.0),
    ("hot sale, 64 clients", HELLO): (0.03, 40.0),
    ("scan of a ticket's code", HELLO): (0.05, 20.0),
    ("scan of a signed QR", HELLO): (0.05, 20.0),
    ("scan without scripts", HELLO): (0.03, 32.0),
}


def measure(server: BenchServer, tickets: holds.Tickets, seconds: float) -> None:
    """Measure all rates, with turns of `seconds`."""
    hello = partial(page, server, "/healthz", seconds)
    _show("programme", in_turns({HELLO: hello}, partial(page, server, "/", seconds)), "47/s")
    screening_id, seats = server.query(_LARGEST)[0]
    found = in_turns({HELLO: hello}, partial(page, server, f"/screenings/{screening_id}", seconds))
    _show("seat map", found, note=f"{seats} seats")
    _holds(server, tickets, hello, seconds)
    _hot_sale(server, tickets, hello)
    _door(server, hello)


def page(server: BenchServer, path: str, seconds: float) -> Sample:
    """Measure GETs of `path` by 16 clients."""
    before = spent(server)
    found = load.run(path, server.port, clients=CLIENTS, seconds=seconds)
    return Sample(found.per_second, (spent(server) - before).answering / found.requests)


def _holds(server: BenchServer, tickets: holds.Tickets, hello: Callable[[], Sample], seconds: float) -> None:
    def hold() -> Sample:
        before = spent(server)
        found = holds.holds(server, tickets, clients=CLIENTS, seconds=seconds)
        return Sample(found.per_second, (spent(server) - before).answering / found.held)

    def claim() -> Sample:
        before = spent(server)
        per_second = sql.raw_claims(server.postgres.url, server.query, seconds=seconds)
        return Sample(per_second, (spent(server) - before).postgres / (per_second * seconds))

    _show("hold of two seats", in_turns({HELLO: hello, CLAIM: claim}, hold), "20/s")
    for clients in (1, 64):
        found = holds.holds(server, tickets, clients=clients, seconds=seconds)
        refused = {status: number for status, number in found.statuses.items() if status != 303}
        note = f"p50 {found.p50_ms:.0f} ms, p95 {found.p95_ms:.0f} ms" + (
            f"; others {refused}" if refused else ""
        )
        name = f"  by {clients} client{'s' if clients > 1 else ''}"
        show(Figure(name, f"{found.per_second:,.0f}/s", note=note))


def _hot_sale(server: BenchServer, tickets: holds.Tickets, hello: Callable[[], Sample]) -> None:
    sales: list[holds.HotSale] = []

    def sell() -> Sample:
        before = spent(server)
        sales.append(holds.hot_sale(server, tickets))
        used = (spent(server) - before).answering
        return Sample(sales[-1].seats / sales[-1].seconds, used / sales[-1].seats)

    found = in_turns({HELLO: hello}, sell)
    last = sales[-1]
    _show("hot sale, 64 clients", found, "14-28 s", f"{last.seats} seats in {last.seconds:.2f} s")
    note = f"{last.held} of {last.seats} seats in {last.tries} tries"
    show(at_most("seats sold twice", sum(sale.sold_twice for sale in sales), 0, "", note=note))


def _door(server: BenchServer, hello: Callable[[], Sample]) -> None:
    there = door.prepare(server)
    p95: list[float] = []
    for name, signed, htmx in (
        ("scan of a ticket's code", False, True),
        ("scan of a signed QR", True, True),
        ("scan without scripts", True, False),
    ):

        def scan(signed: bool = signed, htmx: bool = htmx) -> Sample:
            before = spent(server)
            found = there.scan(signed=signed, htmx=htmx)
            p95.append(found.p95_ms)
            return Sample(found.number / found.seconds, (spent(server) - before).answering / found.number)

        found = in_turns({HELLO: hello}, scan)
        _show(name, found, "32/s, p95 703 ms", f"p95 {p95[-1]:.0f} ms, {door.SCANNERS} scanners")
    there.reset()
    door_page.measure(server, there)


def _show(name: str, found: dict[str, Ratios], rival: str = "", note: str = "") -> None:
    for bound, ratios in found.items():
        least, most = LIMITS[name, bound]
        rate, processor = ratios.rate, ratios.processor
        said = "; ".join(
            part for part in (f"{rate.figure:,.0f}/s of {rate.bound:,.0f}/s", rate.spread, note) if part
        )
        show(at_least(f"{name} / {bound}", rate.value, least, "", rival=rival, note=said, digits=3))
        said = f"{processor.figure * 1000:.2f} ms of {processor.bound * 1000:.2f} ms; {processor.spread}"
        show(at_most("  processor time", processor.value, most, "", note=said, digits=1))
