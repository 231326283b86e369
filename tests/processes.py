"""The processes of the operating system, as `ps` lists them."""

from __future__ import annotations

import os
import socket
import struct
import subprocess
from contextlib import suppress
from pathlib import Path

LISTENS = "0A"  # the state of a socket in /proc/net/tcp


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


def listening_addresses(pid: int) -> set[str]:
    """The IP addresses at which the process listens by TCP, as Linux knows them."""
    sockets = set()
    for descriptor in Path(f"/proc/{pid}/fd").iterdir():
        with suppress(OSError):  # closed meanwhile
            sockets.add(os.readlink(descriptor))
    found = set()
    for table, family, words in (("tcp", socket.AF_INET, 1), ("tcp6", socket.AF_INET6, 4)):
        for line in Path(f"/proc/{pid}/net/{table}").read_text().splitlines()[1:]:
            _, local, _, state, *rest = line.split()
            if state == LISTENS and f"socket:[{rest[5]}]" in sockets:
                number = struct.unpack(f">{words}I", bytes.fromhex(local.partition(":")[0]))
                found.add(socket.inet_ntop(family, struct.pack(f"={words}I", *number)))
    return found
