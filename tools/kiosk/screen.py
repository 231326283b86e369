"""The screen of the demo's kiosk: the one that is there, or Xvfb."""

from __future__ import annotations

import os
import shutil
import struct
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from PIL import Image

from tools.build.steps import SetupError, say
from tools.build.system import apt_install


@dataclass(frozen=True)
class Screen:
    env: dict[str, str]
    frame: Path | None  # of Xvfb: the picture as an XWD file

    def take_picture(self, path: Path) -> None:
        """Write what is on the screen as PNG. The file is whole at every moment: somebody may look at it."""
        if self.frame is None:
            return
        part = path.with_name(f".{path.name}.part")
        _decode(self.frame.read_bytes()).save(part, "PNG")
        part.replace(path)


@contextmanager
def screen(size: tuple[int, int]) -> Iterator[Screen]:
    if os.environ.get("DISPLAY"):
        yield Screen({}, None)
        return
    if shutil.which("Xvfb") is None:
        try:
            apt_install(["xvfb"], "a kiosk without a display needs")
        except SetupError as error:
            raise SystemExit(f"make kiosk: {error}") from None
    with tempfile.TemporaryDirectory(prefix="bilheteria-kiosk-") as folder, _xvfb(size, Path(folder)) as made:
        say(f"There is no display here: the browser runs on Xvfb {made.env['DISPLAY']}.")
        yield made


@contextmanager
def _xvfb(size: tuple[int, int], folder: Path) -> Iterator[Screen]:
    reading, writing = os.pipe()
    server = subprocess.Popen(
        ["Xvfb", "-displayfd", str(writing), "-screen", "0", f"{size[0]}x{size[1]}x24", "-nolisten", "tcp",
         "-noreset", "-fbdir", str(folder)],
        pass_fds=[writing], stderr=subprocess.DEVNULL,
    )  # fmt: skip
    os.close(writing)
    try:
        with open(reading) as file:
            display = file.readline().strip()
        yield Screen({"DISPLAY": f":{display}"}, folder / "Xvfb_screen0")
    finally:
        server.kill()
        server.wait()


def _decode(data: bytes) -> Image.Image:
    """An XWD file of 24 bits, as Xvfb keeps its frame buffer."""
    header = struct.unpack(">25I", data[:100])
    size, width, height, row, colours = header[0], header[4], header[5], header[12], header[19]
    start = size + colours * 12
    return Image.frombuffer("RGB", (width, height), data[start : start + row * height], "raw", "BGRX", row, 1)
