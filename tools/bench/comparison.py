"""Compares the cost of a purchase in this checkout and in another one, measured in turns."""

from __future__ import annotations

import asyncio
from dataclasses import fields
from pathlib import Path

from tools.bench import holds, purchase
from tools.bench.costs import NAMES, cost_of_purchases
from tools.bench.processor import Spent
from tools.bench.report import Figure, show
from tools.bench.server import BenchServer
from tools.bench.turns import ROUNDS, ratio


def measure(other: Path) -> None:
    """Measure purchases of a browser with scripts on two servers, in turns: other, this, other …"""
    servers = [BenchServer(other), BenchServer()]
    try:
        before, now = ((server, holds.Tickets(server)) for server in servers)
        old = [cost_of_purchases(*before)]
        new: list[Spent] = []
        for _ in range(ROUNDS):
            new.append(cost_of_purchases(*now))
            old.append(cost_of_purchases(*before))
        for name in (*(one.name for one in fields(Spent)), "total"):
            found = ratio([getattr(one, name) for one in new], [getattr(one, name) for one in old])
            note = f"{found.figure * 1000:.1f} ms, before {found.bound * 1000:.1f} ms; {found.spread}"
            show(Figure(f"purchase, {NAMES.get(name, name)}, now / before", f"{found.value:.2f}", note=note))
        for scripts, name in ((True, "requests a purchase"), (False, "requests a purchase, no scripts")):
            counts = [asyncio.run(purchase.count_requests(*pair, scripts=scripts)) for pair in (before, now)]
            show(Figure(name, f"{counts[1]:.1f}", note=f"before {counts[0]:.1f}"))
    finally:
        for server in servers:
            server.close()
