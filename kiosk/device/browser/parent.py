"""Ending together with the program that started this one: on a machine in the foyer the compositor."""

from __future__ import annotations

import ctypes
import os
import signal

_PR_SET_PDEATHSIG = 1  # linux/prctl.h


def end_with_parent() -> None:
    """Get SIGTERM when the parent ends, however it ends.

    systemd does not see to it: logind keeps the session's processes apart from the unit, whose stop ends the compositor
    alone. A watchdog that stayed would start its browser on the next session's screen.
    """
    parent = os.getppid()
    ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, int(signal.SIGTERM))
    if os.getppid() != parent:  # it ended a moment ago
        os.kill(os.getpid(), signal.SIGTERM)
