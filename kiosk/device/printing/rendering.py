"""A checked job as the bytes of ESC/POS. The same job gives the same bytes."""

from __future__ import annotations

import textwrap

from escpos.constants import QR_ECLEVEL_M
from escpos.printer import Dummy

from kiosk.device.config import PrinterConfig
from kiosk.device.printing.code_page import printable
from kiosk.device.printing.documents import Block, Feed, Heading, Job, Pair, Qr, Rule, Text

QR_DOTS = 6  # a module is 0.75 mm at 203 dpi: a phone and a scanner at the door read it


def render(job: Job, printer: PrinterConfig) -> bytes:
    sheet = _Sheet(printer)
    for block in job.blocks:
        sheet.add(block)
    return sheet.finish()


class _Sheet:
    def __init__(self, printer: PrinterConfig) -> None:
        self.columns = printer.columns
        self.code_page = printer.code_page
        self.paper = Dummy(profile=printer.profile)
        self.paper.hw("INIT")
        self.paper.charcode(printer.code_page)

    def add(self, block: Block) -> None:
        match block:
            case Heading(text):
                self._lines(text, self.columns // 2, bold=True, center=True, double=True)
            case Text(text, bold, center):
                self._lines(text, self.columns, bold=bold, center=center)
            case Pair():
                self._pair(block)
            case Rule():
                self._lines("-" * self.columns, self.columns)
            case Qr(data):
                self._qr(data)
            case Feed(lines):
                self.paper.ln(lines)

    def finish(self) -> bytes:
        self.paper.cut()
        return bytes(self.paper.output)

    def _lines(
        self, text: str, columns: int, *, bold: bool = False, center: bool = False, double: bool = False
    ) -> None:
        self._style(bold=bold, center=center, double=double)
        for line in self._wrap(text, columns):
            self.paper.textln(line)

    def _pair(self, block: Pair) -> None:
        right = printable(block.right, self.code_page)
        lines = self._wrap(block.left, self.columns - len(right) - 1)
        self._style(bold=block.bold)
        for line in lines[:-1]:
            self.paper.textln(line)
        self.paper.textln(lines[-1].ljust(self.columns - len(right)) + right)

    def _qr(self, data: str) -> None:
        self._style(center=True)
        self.paper.qr(data, ec=QR_ECLEVEL_M, size=QR_DOTS, native=True)
        self.paper.ln()

    def _style(self, *, bold: bool = False, center: bool = False, double: bool = False) -> None:
        self.paper.set(
            align="center" if center else "left", bold=bold, normal_textsize=not double,
            double_width=double, double_height=double,
        )  # fmt: skip

    def _wrap(self, text: str, columns: int) -> list[str]:
        # A sign may become several ("…" is "..."): make it printable first.
        return textwrap.wrap(printable(text, self.code_page), columns) or [""]
