"""Dollars a month: of an environment without customers, and of a scenario; and dollars a ticket."""

from __future__ import annotations

import math

from infra.capacity import costs, prices, sizing
from infra.capacity.prices import HOURS
from infra.capacity.scenarios import Scenario
from infra.environments import PRODUCTION, Environment
from infra.parts import PARTS, WEB_PARTS, Part

# The budget above the month's estimate: prices change, and a month may be busier than the model's.
BUDGET_FACTOR = 1.25
SERVICES_BEHIND_ENDPOINTS = 7  # interface endpoints, one in each zone; production only
REQUESTS_A_PURCHASE = 7
LOG_KB = 6.0  # log lines of an order: an assumption
CALLS_A_MESSAGE = 3  # send, receive, delete
POLLS_AN_HOUR = 3600 / 5  # long polls of one thread; a worker has four
THREADS = 4
QUEUES = "calls of the queues"


def task_hour(part: Part, environment: Environment = PRODUCTION) -> float:
    memory = environment.task_memory if part in WEB_PARTS else environment.worker_memory
    return sizing.processors(part, environment) * prices.VCPU.dollars + memory / 1024 * prices.MEMORY.dollars


def _database_hour(instance_class: str, *, is_multi_az: bool) -> float:
    vcpu = dict(sizing.CLASSES).get(instance_class)
    one = prices.SMALL_DATABASE.dollars if vcpu is None else vcpu * prices.DATABASE_VCPU.dollars
    return one * (2 if is_multi_az else 1) + (vcpu or 2) * prices.PROXY.dollars


def environment_lines(environment: Environment) -> dict[str, float]:
    """Dollars a month of an environment whose parts run at their least number of tasks."""
    copies = 2 if environment.is_multi_az else 1
    endpoints = SERVICES_BEHIND_ENDPOINTS * environment.zones if environment.is_production else 0
    return {
        "tasks": sum(environment.least_tasks * task_hour(part, environment) for part in PARTS) * HOURS,
        "database and proxy": _database_hour(environment.database_class, is_multi_az=environment.is_multi_az)
        * HOURS,
        "database storage": environment.database_gigabytes * copies * prices.DATABASE_STORAGE.dollars,
        "network": HOURS
        * (
            environment.nat_gateways * prices.GATEWAY.dollars
            + prices.BALANCER.dollars
            + endpoints * prices.ENDPOINT.dollars
        ),
        "the rest": prices.FIREWALL.dollars + prices.FIXED.dollars,
        QUEUES: environment.least_tasks * len(PARTS) / 2 * THREADS * POLLS_AN_HOUR
        * HOURS / 1e6 * prices.QUEUE.dollars,
    }  # fmt: skip


def scenario_lines(scenario: Scenario) -> dict[str, float]:
    """Dollars a month of a scenario in production, with the environment itself."""
    orders = sizing.orders_a_month(scenario)
    found = sizing.database(scenario)
    base = environment_lines(PRODUCTION)
    hour = _database_hour(found.instance_class, is_multi_az=True) * found.shards
    month = max(base["database and proxy"], hour * HOURS)
    requests = (
        orders * (scenario.programmes_an_order + scenario.maps_an_order + REQUESTS_A_PURCHASE + 10) / 1e6
    )
    gigabytes = orders * sizing.kilobytes(scenario) / 1e6
    return base | {
        "tasks": _tasks(scenario),
        "database and proxy": month,
        "database storage": base["database storage"]
        + 12 * 2 * found.growth_gb * prices.DATABASE_STORAGE.dollars,
        "bytes out and requests": gigabytes * prices.OUT.dollars + requests * prices.REQUEST.dollars,
        QUEUES: base[QUEUES] + orders * costs.MESSAGES.value * CALLS_A_MESSAGE / 1e6 * prices.QUEUE.dollars,
        "PDFs, mails, logs": orders / 1e6 * (prices.PUT.dollars + prices.MAIL.dollars)
        + 12 * orders * costs.PDF_BYTES.value / 1e6 * prices.STORED.dollars
        + orders * LOG_KB / 1e6 * prices.LOGS.dollars,
    }


def _tasks(scenario: Scenario) -> float:
    """Tasks for the peak in its hours, and for three times the month's mean rate in the others."""
    quiet = HOURS - scenario.peak_hours
    mean = sizing.orders_a_month(scenario) / HOURS / 3600
    return sum(
        task_hour(part)
        * (
            sizing.tasks(part, scenario) * scenario.peak_hours
            + sizing.tasks(part, scenario, 3 * mean) * quiet
        )
        for part in PARTS
    )


def dollars_a_ticket(scenario: Scenario) -> float:
    return sum(scenario_lines(scenario).values()) / scenario.tickets_a_month


def month(environment: Environment) -> float:
    """Dollars a month of an environment with the sales that it is made for."""
    lines = scenario_lines(environment.sales) if environment.sales else environment_lines(environment)
    return sum(lines.values())


def budget(environment: Environment) -> int:
    """Dollars a month above which an alarm tells of the cost: the estimate times BUDGET_FACTOR, in full hundreds."""
    return math.ceil(month(environment) * BUDGET_FACTOR / 100) * 100
