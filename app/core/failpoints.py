"""Places where a crash test kills the process, named, so that a crash comes at the same step every time."""

from __future__ import annotations

import os
import signal

_NAMED = os.environ.get("BILHETERIA_FAILPOINT", "")


def failpoint(name: str) -> None:
    """End this process by SIGKILL if BILHETERIA_FAILPOINT names this place; nothing otherwise."""
    if _NAMED and name == _NAMED:
        os.kill(os.getpid(), signal.SIGKILL)
