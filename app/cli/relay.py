"""`relay`: moves messages from the outbox to the queues of SQS. `queues create`: creates the queues."""

from __future__ import annotations

import logging
import os
import signal
import sys
import threading
from typing import TYPE_CHECKING

import click

from app.cli.database import OnDatabase
from app.core.config import BadSetting, Settings
from app.core.liveness import Heartbeat, Watchdog

if TYPE_CHECKING:
    from app.core.relay import Relay

CHECK_SECONDS = 0.2
# A call of SQS may last for its own time-outs, and a batch has several.
HANG_FACTOR = 10
# ECS and Docker kill a process 30 seconds after SIGTERM, and a call of SQS can take longer.
END_SECONDS, GIVE_BACK_SECONDS = 20.0, 4.0
log = logging.getLogger("bilheteria.relay")


@click.command("relay")
def relay() -> None:
    """Move messages from the outbox to the queues until SIGTERM."""
    sys.exit(main())


@click.group("queues")
def queues() -> None:
    """The queues of SQS that BILHETERIA_QUEUE names."""


@queues.command("create")
def create() -> None:
    """Create the queues that do not exist, for a stand-in server; in production the infrastructure code makes them."""
    from app.adapters.sqs import Queues
    from app.core.config import settings
    from app.core.messages import CONSUMERS

    if not settings().queue.is_sqs:
        raise click.ClickException("set BILHETERIA_QUEUE=sqs://…; without it the outbox is the queue")
    Queues(settings().queue.url).create(CONSUMERS)
    click.echo(f"queues of {', '.join(CONSUMERS)}, each with its dead letters")


@queues.command("show", cls=OnDatabase)
def show() -> None:
    """Show how many messages wait, and how long the oldest one has waited, in the outbox and in the queues of SQS."""
    from app.adapters.sqs import QueueError, Queues
    from app.core import db, queue_states
    from app.core.config import settings

    with db.autocommit_connection() as connection:
        found = list(queue_states.of_outbox(connection))
    if settings().queue.is_sqs:
        try:
            found += queue_states.of_sqs(Queues(settings().queue.url))
        except QueueError as error:
            raise click.ClickException(f"SQS does not answer: {error}") from None
    click.echo("queue   consumer      state    messages  oldest")
    for one in found:
        age = f"{one.age:.0f} s" if one.age is not None and one.depth else ""
        click.echo(f"{one.queue:<7} {one.consumer:<13} {one.state:<8} {one.depth:>8}  {age}".rstrip())


commands = [relay, queues]


def main() -> int:
    """Move messages until SIGINT or SIGTERM. Returns the exit status."""
    from app.adapters.postgres_limits import WORKER
    from app.adapters.sqs import Queues
    from app.cli import health_server
    from app.core import config, db, json_logs, queue_states, secrets_refresh, telemetry, telemetry_start
    from app.core.relay import Relay

    try:
        settings = config.use(Settings.from_env())
    except BadSetting as error:
        print(f"relay: {error}", file=sys.stderr)
        return 1
    if not settings.database.url or not settings.queue.is_sqs:
        print("relay: set DATABASE_URL and BILHETERIA_QUEUE=sqs://…", file=sys.stderr)
        return 1
    json_logs.log_as_json(json_logs.LEVELS[settings.process.log_level])
    db.connect(**settings.database.connection, limits=WORKER)
    if not health_server.start(settings):
        return 1
    secrets_refresh.start()
    telemetry_start.start("relay")
    queue_states.start(relays=True)
    received: list[int] = []
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda number, _: received.append(number))
    has_ended = _work(Relay(Queues(settings.queue.url)), received, settings)
    telemetry.stop()
    if not has_ended:
        os._exit(0)  # the thread that waits for SQS would keep the process alive
    return 0


def _work(relay: Relay, received: list[int], settings: Settings) -> bool:
    """Move messages until a signal comes. Returns whether the relay's thread has ended."""
    from app.core import readiness

    heartbeat = Heartbeat(settings.process.heartbeat) if settings.process.heartbeat else None
    watchdog = Watchdog(
        lambda: relay.rounds, seconds=settings.process.hang_seconds * HANG_FACTOR, every=CHECK_SECONDS
    )
    working = threading.Thread(target=relay.run, name="relay", daemon=True)
    working.start()
    while working.is_alive() and not received:
        if heartbeat is not None:
            heartbeat.beat()
        if watchdog.is_stalled():
            log.critical("the relay hangs")
            os._exit(1)  # another relay takes its rows when their leases expire
        working.join(CHECK_SECONDS)
    readiness.begin_to_stop()
    relay.stop()
    working.join(END_SECONDS)
    if working.is_alive():
        log.warning("SQS does not answer in time; the messages stay in the outbox")
        giving = threading.Thread(target=relay.give_back, name="give-back", daemon=True)
        giving.start()
        giving.join(GIVE_BACK_SECONDS)
    return not working.is_alive()


if __name__ == "__main__":
    sys.exit(main())
