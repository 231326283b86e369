"""The tables of docs/capacity.md, as Markdown."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import cache

from infra.capacity import costs, money, opening, prices, sizing
from infra.capacity.scenarios import NATIONAL, SCENARIOS
from infra.environments import ENVIRONMENTS, PRODUCTION
from infra.parts import PARTS, WEB_PARTS


def _table(head: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    lines = [head, ["---"] * len(head), *rows]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)


def measured() -> str:
    return _table(
        ("cost", "measured", "by"),
        [(c.name, f"{c.value:,g} {c.unit}".strip(), c.source) for c in costs.COSTS],
    )


def rates() -> str:
    rows = [
        ("tickets on the busiest day", *(f"{s.tickets_a_day:,.0f}" for s in SCENARIOS)),
        ("busiest minute against the day's mean", *(f"{s.peak_factor:g} ×" for s in SCENARIOS)),
        ("orders a second at the peak", *(f"{s.orders_a_second:,.2f}" for s in SCENARIOS)),
        ("scans a second at the peak", *(f"{s.scans_a_second:,.1f}" for s in SCENARIOS)),
        ("seat maps open at once", *(f"{s.open_maps:,.0f}" for s in SCENARIOS)),
        (
            "messages a second",
            *(f"{s.orders_a_second * costs.MESSAGES.value:,.1f}" for s in SCENARIOS),
        ),
        (
            "calls of SQS a second, at most",
            *(f"{s.orders_a_second * costs.MESSAGES.value * money.CALLS_A_MESSAGE:,.1f}" for s in SCENARIOS),
        ),
        (
            "bytes out, megabit a second",
            *(f"{s.orders_a_second * sizing.kilobytes(s) * 8 / 1000:,.1f}" for s in SCENARIOS),
        ),
    ]
    return _table(("", *(s.name for s in SCENARIOS)), rows)


def tasks() -> str:
    rows = []
    for part in PARTS:
        most = PRODUCTION.most_tasks if part in WEB_PARTS else PRODUCTION.most_worker_tasks
        needed = [sizing.tasks(part, s) for s in SCENARIOS]
        if max(needed) > sizing.LEAST_TASKS:
            rows.append((part.name, *(f"{n:,}" for n in needed), f"{PRODUCTION.least_tasks} to {most}"))
    rows.append(("each other part", *(f"{sizing.LEAST_TASKS}" for _ in SCENARIOS), "as its kind"))
    return _table(("part", *(s.name for s in SCENARIOS), "production is set to"), rows)


def database() -> str:
    found = [sizing.database(s) for s in SCENARIOS]
    rows = [
        ("processors with headroom", *(f"{d.processors:,.1f}" for d in found)),
        ("databases", *(f"{d.shards}" for d in found)),
        ("class of each", *(d.instance_class for d in found)),
        ("commits a second", *(f"{d.commits:,.0f}" for d in found)),
        ("write-ahead log, MB a second", *(f"{d.log_mb:,.2f}" for d in found)),
        ("growth, GB a month", *(f"{d.growth_gb:,.1f}" for d in found)),
        ("connections if every pool is full", *(f"{d.connections:,}" for d in found)),
    ]
    return _table(("", *(s.name for s in SCENARIOS)), rows)


def ceiling() -> str:
    rows = [(name, f"{rate:,.0f}") for name, rate in sizing.limits(NATIONAL).items()]
    return _table(("limit of one database", "orders a second"), rows)


@cache
def on_sale() -> str:
    rows = []
    for tasks_before, databases in ((20, 1), (100, 1), (100, 3), (200, 3), (373, 1), (373, 3)):
        found = opening.simulate(tasks_before, databases)
        served = (f"{found.p95_wait:.1f} s", f"{found.refused:.0%}", f"{found.tasks:,}")
        rows.append((f"{tasks_before}", f"{databases}", *served))
    return _table(
        ("tasks of the pages before", "databases", "p95 of the wait", "refused", "tasks at the end"), rows
    )


def environments() -> str:
    every = ENVIRONMENTS.values()
    sold = [one.sales for one in every]
    rows = [
        ("sales that it is made for", *(s.name if s else "none" for s in sold)),
        ("**a month with these sales**", *(f"${money.month(one):,.0f}" for one in every)),
        ("**a ticket**", *(f"${money.dollars_a_ticket(s):.4f}" if s else "sells none" for s in sold)),
        ("**budget a month**", *(f"${money.budget(one):,}" for one in every)),
    ]
    lines = {one.name: money.environment_lines(one) for one in every}
    return "\n".join((_money(lines), *(f"| {' | '.join(row)} |" for row in rows)))


def scenarios() -> str:
    lines = {s.name: money.scenario_lines(s) for s in SCENARIOS}
    ticket = ("**a ticket**", *(f"${money.dollars_a_ticket(s):.4f}" for s in SCENARIOS))
    return _money(lines) + f"\n| {' | '.join(ticket)} |"


def _money(lines: Mapping[str, dict[str, float]]) -> str:
    names = next(iter(lines.values()))
    rows = [(name, *(f"${one[name]:,.0f}" for one in lines.values())) for name in names]
    rows.append(("**a month**", *(f"${sum(one.values()):,.0f}" for one in lines.values())))
    return _table(("", *lines), rows)


def price_list() -> str:
    return _table(
        ("price", "dollars", "a", "basis"),
        [(p.name, f"{p.dollars:g}", p.unit, p.basis) for p in prices.PRICES],
    )


TABLES: Mapping[str, Callable[[], str]] = {
    "costs": measured,
    "rates": rates,
    "tasks": tasks,
    "database": database,
    "ceiling": ceiling,
    "opening": on_sale,
    "environments": environments,
    "scenarios": scenarios,
    "prices": price_list,
}
