"""Prints the table: each figure with its limit, the figure of the best-known rival and the bounds of the machine."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Figure:
    """A line of the table. `limit`: a text such as "≥ 600"; `kept`: whether it is kept (None without a limit)."""

    name: str
    value: str
    limit: str = ""
    kept: bool | None = None
    rival: str = ""
    note: str = ""


def at_least(
    name: str, value: float, limit: float, unit: str, *, rival: str = "", note: str = "", digits: int = 0
) -> Figure:
    return Figure(name, f"{value:,.{digits}f}{unit}", f"≥ {limit:g}{unit}", value >= limit, rival, note)


def at_most(
    name: str, value: float, limit: float, unit: str, *, rival: str = "", note: str = "", digits: int = 0
) -> Figure:
    return Figure(name, f"{value:,.{digits}f}{unit}", f"≤ {limit:g}{unit}", value <= limit, rival, note)


_broken: list[str] = []


def status() -> int:
    """The exit status of the command: 1 if a limit was not kept."""
    if _broken:
        print(f"\nLimits not kept: {', '.join(_broken)}.", flush=True)
    return 1 if _broken else 0


def show(figure: Figure) -> None:
    """Print the line of a figure, and record a limit that is not kept."""
    if figure.kept is False:
        _broken.append(figure.name)
    mark = {True: "ok ", False: "NOT", None: "   "}[figure.kept]
    line = (
        f"{mark} {figure.name:<52} {figure.value:>14}   {figure.limit:<12} {figure.rival:<14} {figure.note}"
    )
    print(line.rstrip(), flush=True)


def print_header(machine: str) -> None:
    print(f"On {machine}.\nEverything runs on this machine: database, web server, worker and client.\n")
    print(f"    {'figure':<52} {'measured':>14}   {'limit':<12} {'rival':<14} note", flush=True)
