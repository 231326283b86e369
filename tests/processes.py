"""Processes as the operating system tells of them."""

from __future__ import annotations

import subprocess


def children(pid: int) -> set[int]:
    """The processes whose parent is `pid`; those that have died and wait for their parent are none."""
    listing = subprocess.run(
        ["ps", "-A", "-o", "pid=,ppid=,stat="], capture_output=True, text=True, check=True
    ).stdout
    rows = [line.split() for line in listing.splitlines()]
    return {int(child) for child, parent, state in rows if int(parent) == pid and not state.startswith("Z")}


def alive(pid: int) -> bool:
    """Whether it runs or is stopped; one that has died and waits for its parent is not."""
    state = subprocess.run(["ps", "-p", str(pid), "-o", "stat="], capture_output=True, text=True).stdout
    return bool(state.strip()) and not state.startswith("Z")
