"""Failpoints: named steps at which a crash test kills the process."""

from __future__ import annotations

import os
import signal

_NAMED = os.environ.get("BILHETERIA_FAILPOINT", "")


def failpoint(name: str) -> None:
    """Kill this process by SIGKILL if BILHETERIA_FAILPOINT is `name`; otherwise do nothing."""
    if _NAMED and name == _NAMED:
        os.kill(os.getpid(), signal.SIGKILL)
