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
    """What the command ends with: 1 when a limit was not kept."""
    if _broken:
        print(f"\nLimits not kept: {', '.join(_broken)}.", flush=True)
    return 1 if _broken else 0


def show(figure: Figure) -> None:
    """Print one line as soon as it is known."""
    if figure.kept is False:
        _broken.append(figure.name)
    mark = {True: "ok ", False: "NOT", None: "   "}[figure.kept]
    line = (
        f"{mark} {figure.name:<52} {figure.value:>14}   {figure.limit:<12} {figure.rival:<14} {figure.note}"
    )
    print(line.rstrip(), flush=True)


def heading(machine: str) -> None:
    print(
        f"On {machine}.\nEverything on this machine: database, web server, worker, and the client that asks.\n"
    )
    print(f"    {'figure':<52} {'measured':>14}   {'limit':<12} {'rival':<14} note", flush=True)
