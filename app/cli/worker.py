"""`worker`: handles the messages and runs the ticks of the services that this process serves.

Services of low priority (`dispatch.by_priority`) are handled in a forked process with a higher nice value: on a busy
machine their work waits for that of the others. If one of the two processes dies or hangs, the other ends too; `serve`
or ECS starts both again.
"""

from __future__ import annotations

import logging
import os
import signal
import sys
import threading
import time
import traceback
from collections.abc import Sequence
from contextlib import suppress

import click

from app.core.config import BadSetting, Settings
from app.core.liveness import Counter, Heartbeat, Watchdog

# Beside a busy process on the same processor it gets a tenth: enough for a PDF within a second.
LOW_PRIORITY_NICE = 10
WARM_UP_SECONDS = 3.0  # after the start: until then the other processes of a machine start too
CHECK_SECONDS = 0.2
# ECS and Docker kill a process 30 seconds after SIGTERM: until then current messages are finished or given back.
END_SECONDS, GIVE_BACK_SECONDS = 20.0, 4.0
log = logging.getLogger("bilheteria.worker")


@click.command("worker")
def command() -> None:
    """Drain the outbox and run the ticks until SIGTERM."""
    sys.exit(main())


def main() -> int:
    """Work until SIGINT or SIGTERM; finish the current messages or give them back. Returns the exit status."""
    from app import dispatch
    from app.adapters.postgres_limits import WORKER
    from app.cli import health_server
    from app.core import config, db, json_logs

    try:
        settings = config.use(Settings.from_env())
    except BadSetting as error:
        print(f"worker: {error}", file=sys.stderr)
        return 1
    if not settings.database.url:
        print("worker: set DATABASE_URL (make run starts a database and a worker together)", file=sys.stderr)
        return 1
    json_logs.log_as_json(json_logs.LEVELS[settings.process.log_level])
    received = _record_signals()
    usual, low_priority = dispatch.by_priority(settings.process.services)
    # No connection is opened, and no thread started, before the fork.
    db.connect(**settings.database.connection, limits=WORKER)
    _load()
    heartbeat = Heartbeat(settings.process.heartbeat) if settings.process.heartbeat else None
    if not (usual and low_priority):
        if not health_server.start(settings):
            return 1
        return _WorkerProcess(usual or low_priority, received, settings, heartbeat=heartbeat).work()
    parent, parent_beats, child_beats = os.getpid(), Counter(), Counter()
    child = os.fork()
    if child == 0:
        os.nice(LOW_PRIORITY_NICE)
        # Postgres shows this name in pg_stat_activity and in its log.
        os.environ["PGAPPNAME"] = f"{os.environ.get('PGAPPNAME', 'worker')}, low priority"
        other = _OtherProcess(parent, parent_beats, settings.process.hang_seconds, is_child=False)
        return _WorkerProcess(low_priority, received, settings, beats=child_beats, other=other).work()
    if not health_server.start(settings):
        return 1
    other = _OtherProcess(child, child_beats, settings.process.hang_seconds, is_child=True)
    return _WorkerProcess(
        usual, received, settings, heartbeat=heartbeat, beats=parent_beats, other=other
    ).work()


def _load() -> None:
    """Load what both processes need, so that they share its memory."""
    from app.core import memory, telemetry_start

    telemetry_start.load()
    memory.freeze_loaded()


def _record_signals() -> list[int]:
    """Record SIGINT and SIGTERM in the returned list instead of ending; a process forked later does the same."""
    received: list[int] = []
    # A signal may interrupt the handler of another one: a handler that takes a lock could wait for itself.
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda number, _: received.append(number))
    return received


class _OtherProcess:
    """The other process of the worker: for the child its parent, for the parent its child."""

    def __init__(self, pid: int, beats: Counter, hang_seconds: float, *, is_child: bool) -> None:
        self.pid = pid
        self.is_child = is_child
        self.status: int | None = None  # exit status of a dead child
        self._watchdog = Watchdog(beats.value, seconds=hang_seconds, every=CHECK_SECONDS)

    def has_died(self, *, wait: bool = False) -> bool:
        if not self.is_child:
            return os.getppid() != self.pid
        if self.status is None:
            pid, status = os.waitpid(self.pid, 0 if wait else os.WNOHANG)
            self.status = status if pid else None
        return self.status is not None

    def hangs(self) -> bool:
        """Whether the other process hangs. Must be called every CHECK_SECONDS."""
        return self._watchdog.is_stalled()

    def send(self, number: signal.Signals) -> None:
        if not self.has_died():
            with suppress(ProcessLookupError):
                os.kill(self.pid, number)


class _WorkerProcess:
    """This process: the whole worker, or one of its two processes."""

    def __init__(
        self,
        services: Sequence[str],
        received: list[int],
        settings: Settings,
        *,
        heartbeat: Heartbeat | None = None,
        beats: Counter | None = None,
        other: _OtherProcess | None = None,
    ) -> None:
        from app import dispatch
        from app.core.queue_ports import open_source
        from app.core.worker import Worker

        self.received = received
        self.heartbeat = heartbeat
        self.beats = beats
        self.other = other
        self.warm_ups = dispatch.warm_ups(services)
        self.worker = Worker(
            open_source(),
            dispatch.routes(services),
            dispatch.ticks(services),
            own_threads=dispatch.own_threads(services),
        )
        self.watchdogs = self.worker.watchdogs(
            hang_seconds=settings.process.hang_seconds, every=CHECK_SECONDS
        )

    def work(self) -> int:
        """Work until a signal comes or the other process has died. Returns the exit status."""
        from app.core import queue_states, readiness, secrets_refresh, telemetry, telemetry_start

        secrets_refresh.start()
        telemetry_start.start("worker")
        queue_states.start(relays=False)
        working = threading.Thread(target=self.worker.run, name="worker", daemon=True)
        working.start()
        threading.Thread(target=self._warm_up, name="warm-up", daemon=True).start()
        while working.is_alive() and not self.received and not (self.other and self.other.has_died()):
            self._beat()
            self._check_own_threads()
            self._check_other()
            working.join(CHECK_SECONDS)
        readiness.begin_to_stop()
        self.worker.stop()
        if self.other is not None and self.other.is_child:
            self.other.send(signal.SIGTERM)
        working.join(END_SECONDS)
        if working.is_alive():
            self._give_back()
        if self.other is not None and self.other.is_child:
            self.other.has_died(wait=True)
            if not self.received:
                log.error("the low-priority worker process died", extra={"status": self.other.status})
        telemetry.stop()
        if working.is_alive():
            os._exit(0 if self.received else 1)  # a thread that hangs would keep the process alive
        return 0 if self.received else 1

    def _give_back(self) -> None:
        """Give back what takes too long. Database and queue may not answer: then the leases expire by themselves."""

        def give_back() -> None:
            log.warning("messages were not finished in time", extra={"given_back": self.worker.give_back()})

        giving = threading.Thread(target=give_back, name="give-back", daemon=True)
        giving.start()
        giving.join(GIVE_BACK_SECONDS)

    def _warm_up(self) -> None:
        time.sleep(WARM_UP_SECONDS)
        for load in self.warm_ups:
            load()

    def _beat(self) -> None:
        if self.beats is not None:
            self.beats.increment()
        if self.heartbeat is not None:
            self.heartbeat.beat()

    def _check_own_threads(self) -> None:
        hung = [name for name, watchdog in self.watchdogs.items() if watchdog.is_stalled()]
        if not hung:
            return
        log.critical("the worker's threads hang", extra={"hung": hung, "stacks": _stacks()})
        if self.other is not None and self.other.is_child:
            self.other.send(signal.SIGKILL)
        os._exit(1)  # another worker takes their deliveries when the leases expire

    def _check_other(self) -> None:
        if self.other is not None and self.other.hangs():
            log.critical("the other worker process hangs", extra={"pid": self.other.pid})
            self.other.send(signal.SIGKILL)


def _stacks() -> dict[str, list[str]]:
    """Thread name → its stack, as lines of code without values."""
    names = {thread.ident: thread.name for thread in threading.enumerate()}
    return {
        names.get(ident, str(ident)): traceback.format_stack(frame)[-6:]
        for ident, frame in sys._current_frames().items()  # noqa: SLF001 (documented in spite of its name)
    }


if __name__ == "__main__":
    sys.exit(main())
