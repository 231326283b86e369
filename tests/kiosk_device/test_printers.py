"""What printers say of themselves, and what becomes of a sheet when one fails."""

from __future__ import annotations

import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from kiosk.device.config import PrinterConfig
from kiosk.device.printing import printers
from kiosk.device.printing.printers import PrinterUnavailable
from kiosk.device.printing.status import of_answers

READY = {1: 0x12, 2: 0x12, 3: 0x12, 4: 0x12}


@pytest.mark.parametrize(
    ("changed", "problems"),
    [
        ({}, ()),
        ({4: 0x1E}, ("paper_low",)),
        ({1: 0x1A, 2: 0x32, 4: 0x7E}, ("paper_out", "offline")),
        ({1: 0x1A, 2: 0x16}, ("cover_open", "offline")),
        ({1: 0x1A, 2: 0x52, 3: 0x1A}, ("offline", "error")),
        ({3: 0x32}, ("error",)),
        ({2: 0x00}, ("offline",)),
        ({2: 0xFF}, ("offline",)),
    ],
)
def test_the_answers_to_the_status_command(changed: dict[int, int], problems: tuple[str, ...]) -> None:
    assert of_answers(READY | changed).problems == problems


def test_a_printer_that_answers_in_part_is_offline() -> None:
    assert of_answers({1: 0x12, 2: 0x12}).problems == ("offline",)


def test_a_printer_that_is_low_on_paper_still_prints() -> None:
    assert of_answers(READY | {4: 0x1E}).prints
    assert not of_answers(READY | {4: 0x7E}).prints


@contextmanager
def network_printer(answers: dict[int, int]) -> Iterator[tuple[PrinterConfig, bytearray]]:
    """A printer on a port that notes what it is sent and answers DLE EOT n with `answers[n]`, if there is one."""
    paper = bytearray()
    listener = socket.create_server(("127.0.0.1", 0))

    def serve() -> None:
        while True:
            try:
                connection, _ = listener.accept()
            except OSError:
                return
            with connection:
                while data := connection.recv(4096):
                    paper.extend(data)
                    if data[:2] == b"\x10\x04" and data[2] in answers:
                        connection.sendall(bytes([answers[data[2]]]))
                    elif data[:2] == b"\x10\x04":
                        break

    thread = threading.Thread(target=serve, daemon=True)
    thread.start()
    try:
        yield PrinterConfig("network", host="127.0.0.1", port=listener.getsockname()[1]), paper
    finally:
        listener.shutdown(socket.SHUT_RDWR)
        listener.close()
        thread.join(10)


def test_a_network_printer_gets_every_byte_and_tells_its_status() -> None:
    sheet = bytes(range(256)) * 64
    with network_printer({**READY, 4: 0x1E}) as (config, paper):
        printer = printers.make(config)
        printer.send(sheet)
        assert printer.status().problems == ("paper_low",)
    assert paper == sheet + b"\x10\x04\x01\x10\x04\x02\x10\x04\x03\x10\x04\x04"


def test_a_network_printer_that_closes_the_line_is_offline() -> None:
    with network_printer({1: 0x12}) as (config, _):
        assert printers.make(config).status().problems == ("offline",)


def test_a_network_printer_that_is_switched_off_takes_nothing() -> None:
    with network_printer(READY) as (config, _):
        pass
    printer = printers.make(config)
    assert printer.status().problems == ("offline",)
    with pytest.raises(PrinterUnavailable):
        printer.send(b"sheet")


def test_a_usb_printer_that_is_not_plugged_in_takes_nothing() -> None:
    printer = printers.make(PrinterConfig("usb", vendor=0x04B8, product=0xFFFF))
    assert printer.status().problems == ("offline",)
    with pytest.raises(PrinterUnavailable):
        printer.send(b"sheet")


def test_a_file_printer_adds_to_the_file_and_has_the_status_of_another(tmp_path: Path) -> None:
    printer = printers.make(
        PrinterConfig("file", path=str(tmp_path / "paper"), status_path=str(tmp_path / "status"))
    )
    printer.send(b"one")
    printer.send(b"two")
    assert (tmp_path / "paper").read_bytes() == b"onetwo"
    assert printer.status().problems == ()
    (tmp_path / "status").write_text("cover_open\npaper_low\n")
    assert printer.status().problems == ("paper_low", "cover_open")


def test_a_machine_without_a_printer_prints_nothing() -> None:
    printer = printers.make(PrinterConfig("none"))
    assert not printer.status().prints
    with pytest.raises(PrinterUnavailable):
        printer.send(b"sheet")
