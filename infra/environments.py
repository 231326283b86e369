"""The two environments: the same stacks, in other sizes."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime

from infra.capacity.scenarios import CHAIN, Scenario


@dataclass(frozen=True)
class HotSale:
    """A sale that begins at `at` (UTC, with its zone). `tasks`: the least number of tasks of pages and REST."""

    at: datetime
    tasks: int

    @classmethod
    def read(cls, text: str) -> HotSale:
        """`2026-12-10T12:00Z=40`: the moment, and the number of tasks. Raises ValueError."""
        moment, _, tasks = text.partition("=")
        at = datetime.fromisoformat(moment)
        if at.tzinfo is None or not tasks.isdecimal():
            raise ValueError(f"a hot sale is 2026-12-10T12:00Z=40, not {text!r}")
        return cls(at.astimezone(UTC), int(tasks))


@dataclass(frozen=True)
class Environment:
    """What differs between environments. Memory is in MiB; `cpu` is in units of ECS (1024 are one processor)."""

    name: str
    domain: str  # of the pages; the API is at api.DOMAIN
    is_production: bool
    # The network.
    region: str = "sa-east-1"
    zones: int = 3
    nat_gateways: int = 3
    # The database.
    database_class: str = "r8g.xlarge"
    database_gigabytes: int = 100
    database_most_gigabytes: int = 1000
    is_multi_az: bool = True
    backup_days: int = 35
    # The tasks of each part of the application.
    least_tasks: int = 2
    most_tasks: int = 20
    most_worker_tasks: int = 10
    task_cpu: int = 1024
    task_memory: int = 2048
    worker_cpu: int = 512
    worker_memory: int = 1024
    # The first roll-out: no tasks yet, because the tables and the database's roles do not exist.
    is_first: bool = False
    # Sales that are known to be hot: the tasks of pages and REST are there before they begin.
    hot_sales: tuple[HotSale, ...] = ()
    # How long logs are kept, in days: one of the numbers that CloudWatch knows.
    log_days: int = 90
    # The share of requests whose traces are kept, from 0 to 1.
    trace_share: float = 0.05
    # Where alarms are sent.
    alarm_email: str = "plantao@cinelanterna.example"
    # The sales that it is made for; its budget follows from them (`infra/capacity/money.py`).
    sales: Scenario | None = CHAIN
    # The repository at GitHub: whose workflow may deploy, and where alarms find their runbooks.
    repository: str = "cine-lanterna/bilheteria"
    # The zone of the domain in Route 53.
    hosted_zone_id: str = "Z0EXAMPLE0EXAMPLE00"
    # CloudFront's own list of addresses, `com.amazonaws.global.cloudfront.origin-facing`: it differs by region.
    cloudfront_prefix_list_id: str = "pl-0e0a0b0c0d0e0f000"
    # The image's tag in the repository `bilheteria`.
    image_tag: str = "latest"

    @property
    def api_domain(self) -> str:
        """The host of the API for guests, people and devices."""
        return f"api.{self.domain}"

    @property
    def partners_domain(self) -> str:
        """The host of the API for partners' systems."""
        return f"partners.{self.domain}"

    @property
    def prefix(self) -> str:
        """The beginning of all names, so that both environments can share an account."""
        return f"bilheteria-{self.name}"


PRODUCTION = Environment(name="production", domain="ingressos.cinelanterna.example", is_production=True)
DEVELOPMENT = Environment(
    name="development",
    domain="dev.ingressos.cinelanterna.example",
    is_production=False,
    nat_gateways=1,
    database_class="t4g.medium",
    database_gigabytes=20,
    database_most_gigabytes=50,
    is_multi_az=False,
    backup_days=1,
    least_tasks=1,
    most_tasks=2,
    most_worker_tasks=2,
    task_cpu=256,
    task_memory=512,
    worker_cpu=256,
    worker_memory=512,
    log_days=7,
    sales=None,
    trace_share=1.0,
)
ENVIRONMENTS = {one.name: one for one in (PRODUCTION, DEVELOPMENT)}
