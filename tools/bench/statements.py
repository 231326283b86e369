"""Counts the SQL statements of a purchase in the log of the database."""

from __future__ import annotations

import asyncio
import re
import time
from collections import Counter
from dataclasses import dataclass

from tools.bench.holds import Tickets
from tools.bench.http import Browser
from tools.bench.purchase import buy
from tools.bench.server import BenchServer

_LINE = re.compile(r"^(web|worker)\|.*?(?:statement|execute [^:]*): (.*)", re.MULTILINE)
_FRAME = re.compile(
    r"^\s*(begin|commit|rollback|savepoint|release|set |show |listen|select pg_notify)", re.IGNORECASE
)


WARM_UPS = 8


@dataclass(frozen=True)
class Statements:
    """Statements of a purchase without BEGIN, COMMIT and the sandbox bank; of the worker until the order is paid."""

    web: float
    worker: float


def count(server: BenchServer, tickets: Tickets, *, purchases: int = 10) -> Statements:
    """The mean of purchases made one after the other, without the statements of an idle worker in that time."""
    pairs = tickets.of_one_screening(purchases + WARM_UPS)
    asyncio.run(_buy(server, pairs[:WARM_UPS]))  # fill the caches and open the connections of every process
    seconds, spent = _logged(server, lambda: asyncio.run(_buy(server, pairs[WARM_UPS:])))
    _, idle = _logged(server, lambda: time.sleep(seconds))
    worker = max(0, spent["worker"] - idle["worker"])
    return Statements(spent["web"] / purchases, worker / purchases)


async def _buy(server: BenchServer, pairs: list[tuple[int, tuple[int, int]]]) -> None:
    for screening_id, seats in pairs:
        browser = Browser(server.port)
        await buy(browser, screening_id, seats)
        browser.close()


def _logged(server: BenchServer, act) -> tuple[float, Counter[str]]:  # type: ignore[no-untyped-def]
    log = server.postgres.place.root / "server.log"
    server.query("alter system set log_line_prefix = '%a|'")
    server.query("alter system set log_statement = 'all'")
    server.query("select pg_reload_conf()")
    time.sleep(0.5)
    start = log.stat().st_size
    began = time.monotonic()
    act()
    seconds = time.monotonic() - began
    server.query("alter system reset log_statement")
    server.query("select pg_reload_conf()")
    time.sleep(0.5)
    with log.open("rb") as file:
        file.seek(start)
        said = file.read().decode(errors="replace")
    found: Counter[str] = Counter()
    for who, statement in _LINE.findall(said):
        if not _FRAME.match(statement) and "sandbox_bank" not in statement and not _of_documents(statement):
            found[who] += 1
    return seconds, found


def _of_documents(statement: str) -> bool:
    """Whether a statement belongs to the PDF or the mail, which are made after the customer has the tickets."""
    return "consumer = 'users'" in statement or "any(ARRAY['users'])" in statement
