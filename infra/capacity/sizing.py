"""From the rates of a scenario to tasks, database, connections, queues and bytes. The headroom rules are here."""

from __future__ import annotations

import math
from dataclasses import dataclass

from infra.capacity import costs
from infra.capacity.scenarios import TICKETS_AN_ORDER, Scenario
from infra.environments import PRODUCTION, Environment
from infra.parts import PARTS, WEB_PARTS, Part

# Headroom rules.
VCPU_FACTOR = (
    1.3  # a virtual CPU of AWS takes so many times the measured time: an assumption, measure it there
)
TASK_LOAD = (
    0.55  # the share of its processor that a task uses at the peak: PROCESSOR_PERCENT of infra/scaling.py
)
DATABASE_LOAD = 0.6
LIMIT_SHARE = 0.5  # of each published limit of RDS
POSTGRES_SHARE = 0.3  # of the cost of a page or scan: an assumption
API_SHARE = 0.1  # of the orders come over the API: an assumption
LEAST_TASKS = PRODUCTION.least_tasks

# Published limits of RDS for PostgreSQL.
CLASSES = (
    ("r8g.large", 2), ("r8g.xlarge", 4), ("r8g.2xlarge", 8), ("r8g.4xlarge", 16), ("r8g.8xlarge", 32),
    ("r8g.12xlarge", 48), ("r8g.16xlarge", 64), ("r8g.24xlarge", 96), ("r8g.48xlarge", 192),
)  # fmt: skip
MOST_IOPS = 64_000  # gp3; a commit counts as one write, the worst case
MOST_CONNECTIONS = 5_000
PROCESSES = 2  # WEB_WORKERS of a web task
POOL = 8  # BILHETERIA_DB_POOL


def web_ms(scenario: Scenario) -> float:
    """Processor time of the web for an order with the pages that were looked at for it."""
    pages = (
        scenario.programmes_an_order * costs.PROGRAMME.value + scenario.maps_an_order * costs.SEAT_MAP.value
    )
    return costs.PURCHASE_WEB.value + pages * (1 - POSTGRES_SHARE)


def database_ms(scenario: Scenario) -> float:
    """Processor time of Postgres for an order, with its pages and scans. Programmes come from the web's cache."""
    pages = scenario.maps_an_order * costs.SEAT_MAP.value * POSTGRES_SHARE
    scans = TICKETS_AN_ORDER * scenario.scanned_in_the_peak * costs.SCAN.value * POSTGRES_SHARE
    return costs.PURCHASE_POSTGRES.value + pages + scans


def part_ms(part: Part, scenario: Scenario) -> float:
    """Processor time of a part for an order; 0 for the parts that an order does not use."""
    web = web_ms(scenario)
    scans = (
        TICKETS_AN_ORDER * scenario.scanned_in_the_peak * costs.SCAN.value * (1 - POSTGRES_SHARE) * API_SHARE
    )
    found = {
        "pages": web * (1 - API_SHARE) + scans * (1 - API_SHARE) / API_SHARE,
        "orders": costs.PURCHASE_WEB.value * API_SHARE,
        "events": (web - costs.PURCHASE_WEB.value) * API_SHARE,
        "tickets": scans,
        "orders-worker": costs.PURCHASE_WORKER.value / 2,
        "payments-worker": costs.PURCHASE_WORKER.value / 2,
        "tickets-worker": costs.PDF.value * TICKETS_AN_ORDER,
        "users-worker": costs.PURCHASE_DOCUMENTS.value - costs.PDF.value * TICKETS_AN_ORDER,
        "relay": costs.PURCHASE_WORKER.value / 4,
    }
    return found.get(part.name, 0.0)


def processors(part: Part, environment: Environment = PRODUCTION) -> float:
    """Virtual CPUs of a task."""
    return (environment.task_cpu if part in WEB_PARTS else environment.worker_cpu) / 1024


def tasks(part: Part, scenario: Scenario, orders_a_second: float | None = None) -> int:
    """Tasks of a part at a rate, else at the peak: by processor, and for the pages by open seat maps too."""
    rate = scenario.orders_a_second if orders_a_second is None else orders_a_second
    needed = rate * part_ms(part, scenario) / 1000 * VCPU_FACTOR / TASK_LOAD / processors(part)
    streams = 0.0
    if part.name == "pages":
        share = rate / scenario.orders_a_second
        streams = scenario.open_maps * share / (costs.STREAMS.value * PROCESSES * LIMIT_SHARE)
    return max(LEAST_TASKS, math.ceil(needed), math.ceil(streams))


@dataclass(frozen=True)
class Database:
    """What a scenario asks of Postgres at its peak. `growth_gb`: of a month."""

    processors: float
    instance_class: str  # the smallest that is enough for one shard
    shards: int
    commits: float
    log_mb: float
    connections: int
    growth_gb: float


def database(scenario: Scenario) -> Database:
    rate = scenario.orders_a_second
    needed = rate * database_ms(scenario) / 1000 * VCPU_FACTOR / DATABASE_LOAD
    shards = max(1, math.ceil(rate / ceiling(scenario)))
    fitting = [name for name, processors in CLASSES if processors >= needed / shards]
    return Database(
        needed,
        fitting[0],
        shards,
        rate * costs.COMMITS.value,
        rate * costs.WAL.value / 1000,
        connections(scenario),
        scenario.tickets_a_month / TICKETS_AN_ORDER * costs.ROWS.value / 1e6,
    )


def connections(scenario: Scenario) -> int:
    """Connections of all pools when all of them are full, with one LISTEN connection a process."""
    found = 0
    for part in PARTS:
        found += tasks(part, scenario) * (PROCESSES if part in WEB_PARTS else 1) * (POOL + 1)
    return found


def limits(scenario: Scenario) -> dict[str, float]:
    """Orders a second at which each limit of one database is reached, with its headroom."""
    most = CLASSES[-1][1] * DATABASE_LOAD
    return {
        f"processors of {CLASSES[-1][0]} at {DATABASE_LOAD:.0%}": most
        / (database_ms(scenario) / 1000 * VCPU_FACTOR),
        f"{MOST_IOPS:,} writes a second of gp3 at {LIMIT_SHARE:.0%}": MOST_IOPS
        * LIMIT_SHARE
        / costs.COMMITS.value,
    }


def ceiling(scenario: Scenario) -> float:
    """Orders a second at which one database ends."""
    return min(limits(scenario).values())


def kilobytes(scenario: Scenario) -> float:
    """Bytes out for an order, with the pages that were looked at for it and its PDF."""
    pages = (
        scenario.programmes_an_order * costs.PROGRAMME_BYTES.value
        + scenario.maps_an_order * costs.MAP_BYTES.value
    )
    return pages + costs.STATIC_BYTES.value + costs.PDF_BYTES.value


def orders_a_month(scenario: Scenario) -> float:
    return scenario.tickets_a_month / TICKETS_AN_ORDER
