"""The processes of the operating system, as `ps` lists them."""

from __future__ import annotations

import subprocess


def children(pid: int) -> set[int]:
    """The processes whose parent is `pid`, without zombies."""
    listing = subprocess.run(
        ["ps", "-A", "-o", "pid=,ppid=,stat="], capture_output=True, text=True, check=True
    ).stdout
    rows = [line.split() for line in listing.splitlines()]
    return {int(child) for child, parent, state in rows if int(parent) == pid and not state.startswith("Z")}


def alive(pid: int) -> bool:
    """Whether the process exists, running or stopped; a zombie does not count."""
    state = subprocess.run(["ps", "-p", str(pid), "-o", "stat="], capture_output=True, text=True).stdout
    return bool(state.strip()) and not state.startswith("Z")
