"""A simulation of the first half hour of the national on-sale: waits, refusals, and the tasks that scaling adds.

Time goes in steps of a tenth of a second. Orders come by chance around a curve; they wait in line for the pages' tasks,
then for the database. An order that would wait longer than its limit is refused at once, as the application does with
503. The seed is fixed, so that the result is too.
"""

from __future__ import annotations

import math
import random
from collections import deque
from dataclasses import dataclass

from infra.capacity import sizing
from infra.capacity.scenarios import NATIONAL, Scenario
from infra.parts import PARTS

SEED = 10
STEP, SECONDS = 0.1, 1800
QUIET_SECONDS, RISE_SECONDS, HALF_LIFE = 60, 10, 300  # before the opening, until the peak, until half of it
WEB_PATIENCE = 5.0  # seconds in line for a task: the balancer and the customer give up
POOL_PATIENCE = 1.2  # seconds for a connection: page_limits(2).pool of adapters/postgres_limits.py
SCALING_PERIOD, SCALING_LAG = 60, 90  # seconds: between two decisions, and until a new task serves
PAGES = next(part for part in PARTS if part.name == "pages")


@dataclass(frozen=True)
class Opening:
    """`p95_wait` in seconds, of the orders that were served; `refused` is a share; `tasks` are the most that ran."""

    p95_wait: float
    refused: float
    tasks: int


@dataclass
class _Line:
    """Orders that wait first in, first out; `patience` in seconds."""

    patience: float
    waiting: float = 0.0

    def admit(self, coming: float, a_second: float) -> tuple[float, float]:
        """How many of those that come may wait, and for how many seconds."""
        admitted = max(0.0, min(coming, a_second * (self.patience + STEP) - self.waiting))
        self.waiting += admitted
        return admitted, max(0.0, self.waiting / a_second - STEP)

    def serve(self, a_second: float) -> float:
        served = min(self.waiting, a_second * STEP)
        self.waiting -= served
        return served


def orders_a_second(scenario: Scenario, second: float) -> float:
    """The curve: the day's mean, a steep rise at the opening, then half as much every five minutes."""
    mean = scenario.orders_a_second / scenario.peak_factor
    since = second - QUIET_SECONDS
    if since < 0:
        return mean
    peak = scenario.orders_a_second - mean
    return mean + peak * min(1.0, since / RISE_SECONDS) * 0.5 ** (max(0.0, since - RISE_SECONDS) / HALF_LIFE)


def simulate(tasks: int, databases: int, *, most_tasks: int = 400, seed: int = SEED) -> Opening:
    """Simulate with `tasks` of the pages at the beginning; scaling adds more, up to `most_tasks`."""
    chance = random.Random(seed)  # noqa: S311 (a simulation)
    a_task = 1000 / (sizing.part_ms(PAGES, NATIONAL) * sizing.VCPU_FACTOR)
    database = databases * sizing.ceiling(NATIONAL) / sizing.LIMIT_SHARE
    web, pool = _Line(WEB_PATIENCE), _Line(POOL_PATIENCE)
    starting: deque[tuple[float, int]] = deque()
    waits: list[tuple[float, float]] = []
    running, most, asked, refused, busy = tasks, tasks, 0.0, 0.0, 0.0
    for step in range(round(SECONDS / STEP)):
        now = step * STEP
        while starting and starting[0][0] <= now:
            running = max(running, starting.popleft()[1])
            most = max(most, running)
        mean = orders_a_second(NATIONAL, now) * STEP
        coming = max(0.0, chance.gauss(mean, math.sqrt(mean)))
        admitted, web_wait = web.admit(coming, running * a_task)
        passed = web.serve(running * a_task)
        claimed, pool_wait = pool.admit(passed, database)
        pool.serve(database)
        waits.append((web_wait + pool_wait, claimed))
        asked += coming
        refused += coming - admitted + passed - claimed
        busy += passed / (running * a_task * STEP)
        if (step + 1) % round(SCALING_PERIOD / STEP) == 0:
            load = busy / round(SCALING_PERIOD / STEP)
            wanted = min(most_tasks, math.ceil(running * load / sizing.TASK_LOAD))
            if wanted > running:
                starting.append((now + SCALING_LAG, wanted))
            busy = 0.0
    return Opening(_p95(waits), refused / asked, most)


def _p95(waits: list[tuple[float, float]]) -> float:
    """The wait that 95 % of the served orders do not exceed."""
    left = 0.95 * sum(number for _, number in waits)
    for wait, number in sorted(waits):
        left -= number
        if left <= 0:
            return wait
    return 0.0
