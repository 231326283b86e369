"""A description of the machine, and the memory of its processes."""

from __future__ import annotations

import os
import platform
from collections.abc import Iterable
from pathlib import Path


def describe() -> str:
    """Processor, cores, memory, kernel and Python version of this machine."""
    cpu, memory = platform.processor() or platform.machine(), ""
    cpuinfo, meminfo = Path("/proc/cpuinfo"), Path("/proc/meminfo")
    if cpuinfo.exists():
        names = [
            line.partition(":")[2].strip()
            for line in cpuinfo.read_text().splitlines()
            if "model name" in line
        ]
        cpu = names[0] if names else cpu
    if meminfo.exists():
        memory = f", {int(meminfo.read_text().split()[1]) / 1024**2:.0f} GB"
    system = f"{platform.system()} {platform.release()}"
    return f"{cpu}, {os.cpu_count()} cores{memory}; {system}; Python {platform.python_version()}"


def family(pid: int) -> list[int]:
    """The process and all its descendants."""
    found, queue = [], [pid]
    children: dict[int, list[int]] = {}
    for child in filter(str.isdigit, os.listdir("/proc")):
        try:
            parent = int(Path("/proc", child, "stat").read_text().rpartition(")")[2].split()[1])
        except OSError:  # it has ended meanwhile
            continue
        children.setdefault(parent, []).append(int(child))
    while queue:
        one = queue.pop()
        found.append(one)
        queue += children.get(one, [])
    return found


def memory_mb(pids: Iterable[int]) -> float:
    """Proportional set size: shared pages are counted once over all processes."""
    total = 0
    for pid in pids:
        try:
            rollup = Path(f"/proc/{pid}/smaps_rollup").read_text()
        except OSError:
            continue
        total += sum(int(line.split()[1]) for line in rollup.splitlines() if line.startswith("Pss:"))
    return total / 1024
