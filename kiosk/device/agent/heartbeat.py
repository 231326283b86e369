"""The heartbeat of the browser's page: a file that the agent writes and the watchdog of the browser reads.

It has seconds of the monotonic clock, which all processes of a machine share and which no correction of the hour moves.
"""

from __future__ import annotations

import os
import time
from pathlib import Path

NAME = "page-heartbeat"


def record(folder: Path) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    fresh = folder / f"{NAME}.new"
    fresh.write_text(f"{time.monotonic():.1f}", encoding="ascii")
    os.replace(fresh, folder / NAME)


def last(folder: Path) -> float | None:
    """The time of the last heartbeat, in seconds of the monotonic clock; None if there was none."""
    try:
        return float((folder / NAME).read_text(encoding="ascii"))
    except (OSError, ValueError):
        return None


def silence(folder: Path) -> float | None:
    """The seconds since the last heartbeat; None if there was none."""
    heard = last(folder)
    return None if heard is None else max(0.0, time.monotonic() - heard)
