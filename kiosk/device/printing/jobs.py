"""The verbs of the print agent: print a job once, print an interrupted one again, tell the status."""

from __future__ import annotations

import logging
import threading
import time
from dataclasses import dataclass

from kiosk.device.config import PrinterConfig
from kiosk.device.printing import journal
from kiosk.device.printing.documents import Job
from kiosk.device.printing.journal import Entry, Journal
from kiosk.device.printing.printers import Printer, PrinterUnavailable, PrintInterrupted
from kiosk.device.printing.rendering import render
from kiosk.device.printing.status import OFFLINE, Status

log = logging.getLogger(__name__)

STATUS_SECONDS = 2.0  # how old a status may be that is told without asking the printer


class PrinterNotReady(Exception):
    """Nothing was printed. `status` says why."""

    def __init__(self, status: Status) -> None:
        super().__init__(", ".join(status.problems))
        self.status = status


class NoSuchJob(Exception):
    """There is no interrupted job of this id."""


@dataclass(frozen=True)
class _Known:
    status: Status
    at: float


class Jobs:
    """One printer prints one sheet at a time: `lock` is held while the printer is spoken to.

    The agent never prints of its own accord. After a power cut, a job that was begun is `interrupted`: the sheet may
    lie in the tray or not, and perhaps nobody stands there any more. The page asks, and calls `again` or `dismiss`.
    """

    def __init__(self, printer: Printer, config: PrinterConfig, entries: Journal) -> None:
        self.printer = printer
        self.config = config
        self.journal = entries
        self.lock = threading.Lock()
        self.known: _Known | None = None

    def submit(self, job: Job) -> Entry:
        """Print a new job; a known one is only told of. Raises OtherJob, PrinterNotReady."""
        with self.lock:
            known = self.journal.find(job.id, job.fingerprint)
            if known is not None:
                return known
            self._require_ready()
            sheet = render(job, self.config)
            self.journal.begin(job.id, job.fingerprint, job.kind, sheet)
            try:
                state = self._print(sheet)
            except PrinterUnavailable:
                self.journal.forget(job.id)
                raise PrinterNotReady(self._ask()) from None
            self.journal.end(job.id, state)
            return Entry(job.id, job.kind, state)

    def again(self, job_id: str) -> Entry:
        """Print an interrupted job once more. Raises NoSuchJob, PrinterNotReady."""
        with self.lock:
            entry = self.journal.find(job_id)
            if entry is None or entry.state != journal.INTERRUPTED:
                raise NoSuchJob(job_id)
            self._require_ready()
            sheet = self.journal.begin_again(job_id)
            if sheet is None:
                raise NoSuchJob(job_id)
            try:
                state = self._print(sheet)
            except PrinterUnavailable:
                state = journal.INTERRUPTED
            self.journal.end(job_id, state)
            return Entry(job_id, entry.kind, state)

    def dismiss(self, job_id: str) -> None:
        """The sheet came out, or nobody wants it. Raises NoSuchJob."""
        with self.lock:
            entry = self.journal.find(job_id)
            if entry is None or entry.state != journal.INTERRUPTED:
                raise NoSuchJob(job_id)
            self.journal.end(job_id, journal.DISMISSED)

    def find(self, job_id: str) -> Entry | None:
        return self.journal.find(job_id)

    def interrupted(self) -> list[Entry]:
        return self.journal.interrupted()

    def status(self) -> Status:
        """Ask the printer; while it prints, and within STATUS_SECONDS, tell what it said last."""
        known = self.known
        if known is not None and time.monotonic() - known.at < STATUS_SECONDS:
            return known.status
        if not self.lock.acquire(blocking=known is None):
            return known.status if known is not None else Status((OFFLINE,))
        try:
            return self._ask()
        finally:
            self.lock.release()

    def _require_ready(self) -> None:
        status = self._ask()
        if not status.prints:
            raise PrinterNotReady(status)

    def _print(self, sheet: bytes) -> str:
        """Return the state that the job has now: printed only if the printer has no problem afterwards.

        Raises PrinterUnavailable.
        """
        try:
            self.printer.send(sheet)
            return journal.PRINTED if self._ask().prints else journal.INTERRUPTED
        except PrinterUnavailable:
            raise
        except PrintInterrupted:
            return journal.INTERRUPTED
        except Exception:  # of the printer's library: the job must not seem to be printing for ever
            log.exception("a sheet may be printed or not")
            return journal.INTERRUPTED

    def _ask(self) -> Status:
        self.known = _Known(self.printer.status(), time.monotonic())
        return self.known.status
