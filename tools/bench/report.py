"""The table: what was measured, beside its limit, the best-known rival's figure and the machine's own bounds."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Figure:
    """`limit` as text such as "≥ 600"; `kept`: whether it holds (None: nothing to hold)."""

    name: str
    value: str
    limit: str = ""
    kept: bool | None = None
    rival: str = ""
    note: str = ""


def at_least(name: str, value: float, limit: float, unit: str, *, rival: str = "", note: str = "") -> Figure:
    return Figure(name, f"{value:,.0f}{unit}", f"≥ {limit:g}{unit}", value >= limit, rival, note)


def at_most(
    name: str, value: float, limit: float, unit: str, *, rival: str = "", note: str = "", digits: int = 0
) -> Figure:
    return Figure(name, f"{value:,.{digits}f}{unit}", f"≤ {limit:g}{unit}", value <= limit, rival, note)


def show(figure: Figure) -> None:
    """Print one line as soon as it is known."""
    mark = {True: "ok ", False: "NOT", None: "   "}[figure.kept]
    line = (
        f"{mark} {figure.name:<46} {figure.value:>14}   {figure.limit:<12} {figure.rival:<14} {figure.note}"
    )
    print(line.rstrip(), flush=True)


def heading(machine: str) -> None:
    print(
        f"On {machine}.\nEverything on this machine: database, web server, worker, and the client that asks.\n"
    )
    print(f"    {'figure':<46} {'measured':>14}   {'limit':<12} {'rival':<14} note", flush=True)
