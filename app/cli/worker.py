"""`worker`: handles the messages and runs the clockwork of the services that this process serves.

Services that are patient (`dispatch.by_pace`) get a process of their own, a copy of this one with a lower priority: on
a busy machine their work waits, and the others' does not. If one of the two dies or hangs, the other ends too, and what
started them starts them again.
"""

from __future__ import annotations

import logging
import os
import signal
import sys
import threading
import traceback
from collections.abc import Sequence
from contextlib import suppress

import click

from app.core.config import BadSetting, Settings
from app.core.liveness import Counter, Heartbeat, Watch

PATIENT_NICENESS = 15
LOOK_SECONDS = 0.2
END_SECONDS = 30.0  # for the messages at hand, when the other half has died
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
    if not settings.database.url:
        print("worker: set DATABASE_URL (make run starts a database and a worker together)", file=sys.stderr)
        return 1
    telemetry.log_as_json(telemetry.LEVELS[settings.process.log_level])
    asked = _listen_to_signals()
    quick, patient = dispatch.by_pace(settings.process.services)
    # Opens nothing yet.
    db.connect(settings.database.url, pool_size=settings.database.pool_size, limits=WORKER)
    memory.settle()
    heartbeat = Heartbeat(settings.process.heartbeat) if settings.process.heartbeat else None
    if not (quick and patient):
        return _Half(quick or patient, asked, settings, heartbeat=heartbeat).work()
    parent, signs_of_parent, signs_of_child = os.getpid(), Counter(), Counter()
    child = os.fork()
    if child == 0:
        os.nice(PATIENT_NICENESS)
        # The database's own lists and logs tell the two apart.
        os.environ["PGAPPNAME"] = f"{os.environ.get('PGAPPNAME', 'worker')}, patient"
        other = _Other(parent, signs_of_parent, settings.process.hang_seconds, is_child=False)
        return _Half(patient, asked, settings, signs=signs_of_child, other=other).work()
    other = _Other(child, signs_of_child, settings.process.hang_seconds, is_child=True)
    return _Half(quick, asked, settings, heartbeat=heartbeat, signs=signs_of_parent, other=other).work()


def _listen_to_signals() -> list[int]:
    """From now on a signal ends the process in order, before the fork each of its halves: the numbers that came."""
    asked: list[int] = []
    # Signals come in bursts, one into the handling of another: a handler that took a lock would wait for itself.
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda number, _: asked.append(number))
    return asked


class _Other:
    """The other half, as this one sees it."""

    def __init__(self, pid: int, signs: Counter, hang_seconds: float, *, is_child: bool) -> None:
        self.pid = pid
        self.is_child = is_child
        self.status: int | None = None  # of a child that has died
        self._watch = Watch(signs.value, seconds=hang_seconds, every=LOOK_SECONDS)

    def has_died(self, *, wait: bool = False) -> bool:
        if not self.is_child:
            return os.getppid() != self.pid
        if self.status is None:
            pid, status = os.waitpid(self.pid, 0 if wait else os.WNOHANG)
            self.status = status if pid else None
        return self.status is not None

    def hangs(self) -> bool:
        """To be asked every LOOK_SECONDS."""
        return self._watch.stands_still()

    def send(self, number: signal.Signals) -> None:
        if not self.has_died():
            with suppress(ProcessLookupError):
                os.kill(self.pid, number)


class _Half:
    """This process: all of the worker, or one half of it."""

    def __init__(
        self,
        services: Sequence[str],
        asked: list[int],
        settings: Settings,
        *,
        heartbeat: Heartbeat | None = None,
        signs: Counter | None = None,
        other: _Other | None = None,
    ) -> None:
        from app import dispatch
        from app.core.outbox_source import OutboxSource
        from app.core.worker import Worker

        self.asked = asked
        self.heartbeat = heartbeat
        self.signs = signs
        self.other = other
        self.worker = Worker(
            OutboxSource(),
            dispatch.routes(services),
            dispatch.ticks(services),
            own_threads=dispatch.own_threads(services),
        )
        self.watches = self.worker.watches(hang_seconds=settings.process.hang_seconds, every=LOOK_SECONDS)

    def work(self) -> int:
        """Serve until a signal, or until the other half has died. Returns the exit status."""
        working = threading.Thread(target=self.worker.run, name="worker", daemon=True)
        working.start()
        while working.is_alive() and not self.asked and not (self.other and self.other.has_died()):
            self._give_signs()
            self._watch_own_threads()
            self._watch_other()
            working.join(LOOK_SECONDS)
        self.worker.stop()
        if self.other is not None and self.other.is_child:
            self.other.send(signal.SIGTERM)
        # Who has sent a signal waits for us as long as they like.
        working.join(None if self.asked else END_SECONDS)
        if self.other is not None and self.other.is_child:
            self.other.has_died(wait=True)
            if not self.asked:
                log.error("the patient half of the worker died", extra={"status": self.other.status})
        if working.is_alive():
            os._exit(1)  # a thread that hangs would hold the process
        return 0 if self.asked else 1

    def _give_signs(self) -> None:
        if self.signs is not None:
            self.signs.count_up()
        if self.heartbeat is not None:
            self.heartbeat.beat()

    def _watch_own_threads(self) -> None:
        hung = [name for name, watch in self.watches.items() if watch.stands_still()]
        if not hung:
            return
        log.critical("the worker's threads hang", extra={"hung": hung, "stacks": _stacks()})
        if self.other is not None and self.other.is_child:
            self.other.send(signal.SIGKILL)
        os._exit(1)  # what they had leased, another worker takes when the lease is over

    def _watch_other(self) -> None:
        if self.other is not None and self.other.hangs():
            log.critical("the other half of the worker gives no sign of life", extra={"pid": self.other.pid})
            self.other.send(signal.SIGKILL)


def _stacks() -> dict[str, list[str]]:
    """Where each thread stands: lines of code, no values."""
    names = {thread.ident: thread.name for thread in threading.enumerate()}
    return {
        names.get(ident, str(ident)): traceback.format_stack(frame)[-6:]
        for ident, frame in sys._current_frames().items()
    }


if __name__ == "__main__":
    sys.exit(main())
