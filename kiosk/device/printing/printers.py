"""The printers by their connection: USB, network, file. Each sends bytes and tells its status."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any, Protocol

from escpos.exceptions import Error as EscposError
from escpos.printer import Network, Usb

from kiosk.device.config import PrinterConfig
from kiosk.device.printing import status
from kiosk.device.printing.status import Status

ANSWER_SECONDS = 3.0
SEND_SECONDS = 20.0
PIECE = 4096  # bytes


class PrinterUnavailable(Exception):
    """The printer cannot be reached, and nothing was sent to it."""


class PrintInterrupted(Exception):
    """Something went wrong after the first byte: the sheet may be printed, or a part of it."""


class Printer(Protocol):
    def send(self, data: bytes) -> None:
        """Return when the printer took all bytes in. Raises PrinterUnavailable, PrintInterrupted."""

    def status(self) -> Status:
        """A printer that does not answer is offline."""


def make(config: PrinterConfig) -> Printer:
    if config.kind == "file":
        return FilePrinter(config.path, config.status_path)
    if config.kind == "network":
        return DevicePrinter(
            lambda: Network(config.host, config.port, timeout=ANSWER_SECONDS),
            keep_open=False, wait=lambda device, seconds: device.device.settimeout(seconds),
        )  # fmt: skip
    if config.kind == "usb":
        return DevicePrinter(lambda: _usb(config), keep_open=True, wait=_limit_usb)
    return NoPrinter()


class NoPrinter:
    """A machine without a printer: the tickets are shown as a QR code instead."""

    def send(self, data: bytes) -> None:
        raise PrinterUnavailable("this machine has no printer")

    def status(self) -> Status:
        return Status((status.ABSENT,))


class FilePrinter:
    """Appends to a file. Its status is what stands in another file, one problem a line; for tests and the demo."""

    def __init__(self, path: str, status_path: str) -> None:
        self.path = path
        self.status_path = status_path

    def send(self, data: bytes) -> None:
        try:
            paper = os.open(self.path, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600)
        except OSError as error:
            raise PrinterUnavailable(error.strerror) from None
        with open(paper, "ab", buffering=0) as file:
            try:
                file.write(data)
                if file.seekable():
                    os.fsync(file.fileno())
            except OSError as error:
                raise PrintInterrupted(error.strerror) from None

    def status(self) -> Status:
        if not self.status_path or not os.path.exists(self.status_path):
            return Status()
        with open(self.status_path, encoding="ascii") as file:
            return status.of_problems(file.read().split())


class DevicePrinter:
    """A printer that python-escpos drives.

    A connection over the network is made for each sheet, so that the printer may be switched off in between. A
    USB printer stays open (`keep_open`): opening it resets it, which would lose what it is printing.
    """

    def __init__(
        self, make_device: Callable[[], Any], *, keep_open: bool, wait: Callable[[Any, float], None]
    ) -> None:
        self.make_device = make_device
        self.keep_open = keep_open
        self.wait = wait
        self.device: Any = None

    def send(self, data: bytes) -> None:
        with self._opened() as device:
            try:
                self.wait(device, SEND_SECONDS)
                for start in range(0, len(data), PIECE):
                    device._raw(data[start : start + PIECE])  # noqa: SLF001  it has no public name for this
            except Exception as error:
                raise PrintInterrupted(str(error)[:200]) from None

    def status(self) -> Status:
        answers: dict[int, int] = {}
        try:
            with self._opened() as device:
                self.wait(device, ANSWER_SECONDS)
                for number, query in status.QUERIES.items():
                    answer = bytes(device.query_status(query))
                    if answer:
                        answers[number] = answer[-1]
        except Exception:
            # It cannot be opened, a time limit, a pulled cable. What it answered so far is not enough.
            return Status((status.OFFLINE,))
        return status.of_answers(answers)

    @contextmanager
    def _opened(self) -> Iterator[Any]:
        if self.device is None:
            device = self.make_device()
            try:
                device.open()
            except (EscposError, OSError, RuntimeError, ValueError) as error:
                raise PrinterUnavailable(str(error)[:200]) from None
            self.device = device
        kept = False
        try:
            yield self.device
            kept = self.keep_open
        finally:
            if not kept:
                device, self.device = self.device, None
                device.close()


def _usb(config: PrinterConfig) -> Any:
    return Usb(config.vendor, config.product, in_ep=config.in_endpoint, out_ep=config.out_endpoint)


def _limit_usb(device: Any, seconds: float) -> None:
    device.timeout = int(seconds * 1000)
