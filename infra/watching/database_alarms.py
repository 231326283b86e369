"""The alarms of the database and of its pool of connections, RDS Proxy."""

from __future__ import annotations

from collections.abc import Iterator

from infra.environments import Environment
from infra.stacks.data import POOL_PERCENT
from infra.watching.metrics import Metrics
from infra.watching.watch import Watch

PROCESSOR_PERCENT, SLOW_WRITE_SECONDS = 80, 0.02
FREE_PERCENT = 15
# RDS gives PostgreSQL one connection for each 9,531,392 bytes of memory, 5,000 at most. GiB by the end of the class.
_MEMORY_OF_CLASS = {"t4g.medium": 4, "r8g.large": 16, "r8g.xlarge": 32, "r8g.2xlarge": 64, "r8g.4xlarge": 128}
_BYTES_OF_CONNECTION = 9_531_392
# A page waits 1.2 s for a connection of its own pool (`page_limits`): a wait of the proxy must be far below.
LONG_WAIT_MICROSECONDS = 200_000


def most_connections(environment: Environment) -> int:
    """The connections that the database accepts."""
    return min(5000, _MEMORY_OF_CLASS[environment.database_class] * 1024**3 // _BYTES_OF_CONNECTION)


def most_of_pool(environment: Environment) -> int:
    """The connections that the proxy may open to the database."""
    return most_connections(environment) * POOL_PERCENT // 100


def of_database(metrics: Metrics, environment: Environment) -> Iterator[Watch]:
    """The database has room, connections and time. A failover is an event of RDS, not a metric."""
    free = environment.database_gigabytes * 1024**3 * FREE_PERCENT // 100
    connections = most_connections(environment) * 4 // 5
    load, write = metrics.database("CPUUtilization"), metrics.database("WriteLatency")
    for name, about, runbook, metric, limit, is_below in (
        ("storage", f"Less than {FREE_PERCENT} % of the storage is free.", "storage",
         metrics.database("FreeStorageSpace", "Minimum"), free, True),
        ("connections", f"More than {connections} connections: four fifths of all.", "connections",
         metrics.database("DatabaseConnections", "Maximum"), connections, False),
        ("processor", f"The processor is used to more than {PROCESSOR_PERCENT} %.", "load",
         load, PROCESSOR_PERCENT, False),
        ("writes", "A write takes longer than 20 ms.", "load", write, SLOW_WRITE_SECONDS, False),
    ):  # fmt: skip
        yield Watch(
            f"database-{name}", f"Database: {about}", f"database.md#{runbook}", "database", metric, limit,
            periods=10, is_below=is_below,
        )  # fmt: skip


def of_pool(metrics: Metrics, environment: Environment) -> Iterator[Watch]:
    """Clients get a connection at once, and the pool can share what it has."""
    most = most_of_pool(environment)
    for name, about, runbook, metric, limit in (
        ("wait", f"A client waits longer than {LONG_WAIT_MICROSECONDS // 1000} ms for a connection.", "the-pool",
         metrics.pool("DatabaseConnectionsBorrowLatency", "Average"), LONG_WAIT_MICROSECONDS),
        ("clients", f"More than {most * 4 // 5} clients are connected: too many, if each needs a connection.",
         "the-pool", metrics.pool("ClientConnections"), most * 4 // 5),
        ("pinned", f"More than {most // 2} connections belong to one client each: half of all cannot be shared.",
         "pinned-sessions", metrics.pool("DatabaseConnectionsCurrentlySessionPinned"), most // 2),
    ):  # fmt: skip
        yield Watch(
            f"pool-{name}", f"Pool of connections: {about}", f"database.md#{runbook}", "database", metric, limit,
            periods=10, of=5,
        )  # fmt: skip
