"""The files of an installed machine, as they have to be."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from kiosk.device.browser import keyboard, policy
from kiosk.device.config import Config
from kiosk.device.setup import cursors, places, units

SOURCE = Path(__file__).resolve().parents[1]  # kiosk/device


@dataclass(frozen=True)
class File:
    path: Path  # as the machine sees it
    content: bytes
    mode: int = 0o644


def wanted(settings: Config) -> list[File]:
    """All but the configuration, which belongs to the person who installs."""
    texts = {
        policy.POLICY_FILE: policy.text(settings),
        places.UNITS / places.AGENT_UNIT: units.AGENT,
        places.UNITS / places.SESSION_UNIT: units.session_unit(settings),
        places.PAM: units.PAM,
        places.SPEECH / "speechd.conf": units.SPEECH,
        **{Path("/") / name: text for name, text in keyboard.FILES.items()},
    }
    made = [File(path, text.encode()) for path, text in texts.items()]
    made.append(File(places.SESSION, units.session_program(settings).encode(), 0o755))
    made += [File(places.CURSORS / name, content) for name, content in cursors.files().items()]
    return made + _program()


def installed(wanted: Sequence[File]) -> File:
    """What is written when all else is done: without it, or with another content, an installation was cut short."""
    fingerprint = hashlib.sha256()
    for file in wanted:
        fingerprint.update(f"{file.path} {len(file.content)} {file.mode:o}\n".encode() + file.content)
    return File(places.INSTALLED, f"{fingerprint.hexdigest()}\n".encode())


def _program() -> list[File]:
    sources = sorted(path for path in SOURCE.rglob("*") if path.suffix in (".py", ".txt"))
    folder = places.LIBRARY / "kiosk" / "device"
    return [File(folder / path.relative_to(SOURCE), path.read_bytes()) for path in sources]


def configuration(origin: str, printer: str, rotation: int, layout: str) -> str:
    """The first configuration of a machine. `printer`: usb:VENDOR:PRODUCT, network:HOST, file:PATH or none."""
    kind, _, place = printer.partition(":")
    lines = [f'origin = "{origin}"', "", "[printer]", f'kind = "{kind}"']
    if kind == "usb":
        vendor, _, product = place.partition(":")
        lines += [f"vendor = 0x{vendor}", f"product = 0x{product}"]
    elif kind == "network":
        lines.append(f'host = "{place}"')
    elif kind == "file":
        lines.append(f'path = "{place}"')
    lines += ["", "[display]", f"rotation = {rotation}", f'keyboard = "{layout}"']
    return "\n".join(lines) + "\n"
