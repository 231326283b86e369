"""`worker`: handles the messages and runs the clockwork of the services that this process serves.

Services that are patient (`dispatch.by_pace`) get a process of their own, a copy of this one with a lower priority: on
a busy machine their work waits, and the others' does not. If one of the two dies, the other ends too, and what
started them starts them again.
"""

from __future__ import annotations

import logging
import os
import signal
import sys
import threading
from collections.abc import Sequence
from contextlib import suppress

import click

from app.core.config import BadSetting, Settings

PATIENT_NICENESS = 15
LOOK_SECONDS = 0.2
log = logging.getLogger("bilheteria.worker")


@click.command("worker")
def command() -> None:
    """Drain the outbox and run the ticks until SIGTERM."""
    sys.exit(main())


def main() -> int:
    """Work until SIGINT or SIGTERM: the message at hand is finished. Returns the exit status."""
    from app import dispatch
    from app.adapters.postgres_limits import WORKER
    from app.core import config, db, memory, telemetry

    try:
        settings = config.use(Settings.from_env())
    except BadSetting as error:
        print(f"worker: {error}", file=sys.stderr)
        return 1
    if not settings.database_url:
        print("worker: set DATABASE_URL (make run starts a database and a worker together)", file=sys.stderr)
        return 1
    telemetry.log_as_json(telemetry.LEVELS[settings.log_level])
    asked = _listen_to_signals()
    quick, patient = dispatch.by_pace(settings.services)
    # Opens nothing yet.
    db.connect(settings.database_url, pool_size=settings.db_pool_size, limits=WORKER)
    memory.settle()
    if not (quick and patient):
        return _work(quick or patient, asked)
    parent = os.getpid()
    child = os.fork()
    if child == 0:
        os.nice(PATIENT_NICENESS)
        # The database's own lists and logs tell the two apart.
        os.environ["PGAPPNAME"] = f"{os.environ.get('PGAPPNAME', 'worker')}, patient"
        return _work(patient, asked, parent=parent)
    return _work(quick, asked, child=child)


def _listen_to_signals() -> list[int]:
    """From now on a signal ends the process in order, before the fork each of its halves: the numbers that came."""
    asked: list[int] = []
    # Signals come in bursts, one into the handling of another: a handler that took a lock would wait for itself.
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda number, _: asked.append(number))
    return asked


def _work(
    services: Sequence[str], asked: list[int], *, child: int | None = None, parent: int | None = None
) -> int:
    """Serve `services` until a signal (`asked`), or until the other half (`child` or `parent`) has died."""
    from app import dispatch
    from app.core.worker import Worker

    worker = Worker(
        dispatch.routes(services), dispatch.ticks(services), own_threads=dispatch.own_threads(services)
    )
    died: list[int] = []
    working = threading.Thread(target=worker.run, name="worker")
    working.start()
    watching = threading.Thread(target=lambda: died.append(os.waitpid(child or 0, 0)[1]), name="watch")
    if child is not None:
        watching.start()
    while working.is_alive() and not asked and not died and parent in (None, os.getppid()):
        working.join(LOOK_SECONDS)
    worker.stop()
    if child is not None and not died:
        with suppress(ProcessLookupError):
            os.kill(child, signal.SIGTERM)
    working.join()
    if child is not None:
        watching.join()
        if not asked:
            log.error("the patient half of the worker died", extra={"status": died[0]})
    return 0 if asked else 1


if __name__ == "__main__":
    sys.exit(main())
