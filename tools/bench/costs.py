"""The processor time of a purchase and of a ticket's PDF, each as a multiple of one hello request."""

from __future__ import annotations

import time
from dataclasses import fields

from tools.bench import holds, load, pdf, purchase
from tools.bench.processor import Spent, spent
from tools.bench.report import Figure, at_most, show
from tools.bench.server import BenchServer
from tools.bench.turns import ROUNDS, Ratio, ratio

PURCHASES = 100  # in each turn
WAIT_LIMIT = 180.0  # seconds until all PDFs and mails of a run are made
LIMITS = {"web": 100.0, "worker": 75.0, "documents": 145.0, "postgres": 65.0, "total": 370.0}
PDF_LIMIT = 70.0
NAMES = {"documents": "PDFs and their mail", "postgres": "Postgres", "total": "all processes"}


def measure(server: BenchServer, tickets: holds.Tickets, seconds: float) -> None:
    """Measure purchases with a concession by 16 clients, until the last mail is sent; then measure the PDF."""
    hellos: list[float] = [_hello(server, seconds)]
    bought: list[Spent] = []
    papers: list[float] = []
    for _ in range(ROUNDS):
        bought.append(cost_of_purchases(server, tickets))
        papers.append((pdf.cpu_ms(server) or 0.0) / 1000)
        hellos.append(_hello(server, seconds))
    for name in (*(one.name for one in fields(Spent)), "total"):
        found = ratio([getattr(one, name) for one in bought], hellos)
        _show(f"purchase, {NAMES.get(name, name)}", found, LIMITS[name])
    _show("PDF of a ticket", ratio(papers, hellos), PDF_LIMIT, rival="48 ms")


def _show(name: str, found: Ratio, limit: float, rival: str = "") -> None:
    note = f"{found.figure * 1000:.1f} ms of {found.bound * 1000:.2f} ms; {found.spread}"
    title = f"{name} / hello, processor time"
    show(at_most(title, found.value, limit, "", rival=rival, note=note, digits=1))


def _hello(server: BenchServer, seconds: float) -> float:
    """Seconds of the web's processor time for one hello request."""
    before = spent(server)
    found = load.run("/healthz", server.port, seconds=seconds)
    return (spent(server) - before).web / found.requests


def cost_of_purchases(server: BenchServer, tickets: holds.Tickets) -> Spent:
    """Seconds of processor time for one purchase, by process, with its PDF and mail.

    The time that idle processes use in the same period is subtracted.
    """
    idle = _idle(server)
    before, began = spent(server), time.monotonic()
    found = purchase.purchases(server, tickets, number=PURCHASES)
    left = _wait_until_mailed(server)
    used = (spent(server) - before - idle * (time.monotonic() - began)) / found.bought
    note = f"p50 {found.p50_ms:.0f} ms, p95 {found.p95_ms:.0f} ms; PDFs and mails after {left:.0f} s"
    show(
        Figure("  purchases with a snack, 16 clients", f"{found.per_second:,.0f}/s", rival="1.6/s", note=note)
    )
    return used


def _idle(server: BenchServer, seconds: float = 2.0) -> Spent:
    """Seconds of processor time per second without customers."""
    before = spent(server)
    time.sleep(seconds)
    return (spent(server) - before) / seconds


def _wait_until_mailed(server: BenchServer) -> float:
    """Wait for the PDFs and mails of all paid orders; returns the seconds. Raises RuntimeError."""
    began = time.monotonic()
    while server.query("select 1 from core.outbox where kind in ('OrderPaid', 'TicketsReady') limit 1"):
        if time.monotonic() - began > WAIT_LIMIT:
            raise RuntimeError("the PDFs and mails of the purchases were not made in time")
        time.sleep(0.25)
    return time.monotonic() - began
