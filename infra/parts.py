"""The list of what runs: a web server and a worker for each service, the pages, and the relay.

It is made from the lists of the code, so that a new service gets its task, queue, role and routes by itself.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from app import dispatch
from app.core import mail_events
from app.core.config import PAGES, SERVICES
from app.core.ladder import RELAY, api_part
from app.core.messages import CONSUMERS

WEB_COMMAND = ("gunicorn", "--config", "app/web/gunicorn_conf.py")
# Parts that get tokens from the identity provider, as its client.
IDENTITY_CLIENTS = ("pages", "users-worker")
LOW_PRIORITY = dispatch.by_priority(SERVICES)[1]
Kind = Literal["web", "worker", "relay"]


@dataclass(frozen=True)
class Part:
    """A process that ECS runs as a service of its own.

    `service`: the value of SERVICES, "" for the relay. `database_role`: the part of `core.database_roles` as which it
    connects.
    """

    name: str
    kind: Kind
    service: str
    database_role: str
    command: tuple[str, ...]

    @property
    def id(self) -> str:
        """The name in ids of constructs: `OrdersWorker`."""
        return "".join(word.title() for word in self.name.split("-"))

    @property
    def queues(self) -> tuple[str, ...]:
        """The consumers whose queues it drains."""
        return dispatch.consumers((self.service,)) if self.kind == "worker" else ()

    @property
    def can_wait(self) -> bool:
        """Whether its work may be interrupted and go on a minute later, so that it can run on Spot."""
        return self.kind == "worker" and self.service in LOW_PRIORITY

    @property
    def health_command(self) -> tuple[str, ...]:
        return ("python3", "-m", "app.cli.health", "web" if self.kind == "web" else "worker")


def worker_name(service: str) -> str:
    """The name of the part that drains the queue of a service."""
    return f"{service}-worker"


WEB_PARTS = tuple(
    Part(name, "web", name, name if name == PAGES else api_part(name), WEB_COMMAND)
    for name in (PAGES, *SERVICES)
)
WORKER_PARTS = tuple(
    Part(worker_name(name), "worker", name, name, ("python", "-m", "app.cli.worker")) for name in SERVICES
)
RELAY_PART = Part(RELAY, "relay", "", RELAY, ("python", "-m", "app.cli.relay"))
PARTS = (*WEB_PARTS, *WORKER_PARTS, RELAY_PART)
# The services that have a queue.
QUEUES = CONSUMERS
# The mail service fills one; a relay fills the others.
MAIL_EVENTS = mail_events.QUEUE
RELAYED = tuple(name for name in QUEUES if name != MAIL_EVENTS)
