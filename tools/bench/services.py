"""Compares the seven services with the one process: holds, orders and admissions over the REST API, by one client.

The two take turns. Each figure is a ratio to the hello page of the same server. Start-up time and memory of processes
come last.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from tools.bench import door, load, rest
from tools.bench.holds import Tickets, pairs
from tools.bench.report import Figure, at_least, at_most, show
from tools.bench.rest import Done, Gate
from tools.bench.shapes import STAND_IN_PART, OneProcess, SevenServices, Shape, missing
from tools.bench.turns import ROUNDS, Sample, Side, ratio_of_rounds, side_by_side

ORDERS = 40  # in each turn
SOLD = 60  # orders of two tickets each for the door
HOLDS, PAID, ADMISSIONS = "hold by REST", "paid order by REST", "admission by REST"
# The minimum rate and the maximum processor time of one, as multiples of the hello page of the same server.
LIMITS: Mapping[str, tuple[float, float]] = {
    HOLDS: (0.03, 30.0),
    PAID: (0.002, 400.0),
    ADMISSIONS: (0.03, 25.0),
}
BESIDE = 0.3  # the least rate of the seven services, as a multiple of that of the one process
# The aim is 2 s, on a machine without other work.
START_SECONDS, MEMORY_MB = 5.0, 110.0


@dataclass
class Measured:
    """A shape with what its measurements need, and what the last one of each figure found."""

    shape: Shape
    tickets: Tickets
    gate: Gate
    idle: dict[str, float]
    last: dict[str, tuple[Done, dict[str, float]]] = field(default_factory=dict)

    def sample(self, name: str, act: Callable[[], Done]) -> Sample:
        """Measure `act`. The time that idle processes use in the same period is subtracted."""
        before, began = self.shape.processor(), time.monotonic()
        done = act()
        took = time.monotonic() - began
        after = self.shape.processor()
        used = {part: (after[part] - before[part] - self.idle[part] * took) / done.number for part in after}
        self.last[name] = done, used
        ours = sum(seconds for part, seconds in used.items() if part != STAND_IN_PART)
        return Sample(done.number / done.seconds, ours)


def measure(seconds: float, rounds: int = ROUNDS) -> None:
    """Measure both shapes, with turns of `seconds`."""
    if lacking := missing():
        raise SystemExit(f"bench: {lacking}")
    shapes: list[Shape] = []
    try:
        shapes.append(OneProcess())
        services = SevenServices()
        shapes.append(services)
        memory = {shape.name: shape.memory_mb() for shape in shapes}
        measured = [_prepared(shape) for shape in shapes]
        acts: dict[str, Callable[[Measured], Done]] = {
            HOLDS: lambda one: rest.hold(one.shape, one.tickets, seconds=seconds),
            PAID: lambda one: rest.order(one.shape, [one.tickets.next() for _ in range(ORDERS)]),
            ADMISSIONS: lambda one: one.gate.admit(),
        }
        for name, act in acts.items():
            _show(name, measured, _in_turns(name, act, measured, seconds, rounds))
        _show_starts(services, memory)
    finally:
        for shape in shapes:
            shape.close()


def _prepared(shape: Shape) -> Measured:
    """Sell the tickets of a screening that begins soon, and register the devices at its door."""
    screening_id, seats = door.open_screening(shape)
    rest.order(shape, [(screening_id, pair) for pair in list(pairs(seats))[:SOLD]])
    gate = Gate(shape, screening_id, rest.register_doors(shape, screening_id))
    return Measured(shape, Tickets(shape), gate, _idle(shape))


def _idle(shape: Shape, seconds: float = 3.0) -> dict[str, float]:
    """Part → seconds of processor time in a second without customers."""
    before = shape.processor()
    time.sleep(seconds)
    return {part: (used - before[part]) / seconds for part, used in shape.processor().items()}


def _in_turns(
    name: str, act: Callable[[Measured], Done], measured: list[Measured], seconds: float, rounds: int
) -> dict[str, Side]:
    def hello(one: Measured) -> Done:
        found = load.run("/healthz", one.shape.port, clients=rest.CLIENTS, seconds=seconds)
        return Done(found.requests, found.requests / found.per_second, found.p50_ms, found.p95_ms)

    return side_by_side(
        {
            one.shape.name: (
                lambda one=one: one.sample("hello", lambda: hello(one)),  # type: ignore[misc]
                lambda one=one: one.sample(name, lambda: act(one)),  # type: ignore[misc]
            )
            for one in measured
        },
        rounds=rounds,
    )


def _show(name: str, measured: list[Measured], found: dict[str, Side]) -> None:
    least, most = LIMITS[name]
    for one in measured:
        rate, processor = found[one.shape.name].ratios.rate, found[one.shape.name].ratios.processor
        done, used = one.last[name]
        note = (
            f"{rate.figure:,.0f}/s of {rate.bound:,.0f}/s; {rate.spread}; p50 {done.p50_ms:.0f} ms,"
            f" p95 {done.p95_ms:.0f} ms"
        )
        show(at_least(f"{name} / hello, {one.shape.name}", rate.value, least, "", note=note, digits=3))
        note = (
            f"{processor.figure * 1000:.2f} ms of {processor.bound * 1000:.2f} ms; {processor.spread};"
            f" {parts_in_ms(used)}"
        )
        show(at_most("  processor time", processor.value, most, "", note=note, digits=1))
    one_process, services = (found[one.shape.name].rates for one in measured)
    beside = ratio_of_rounds(services, one_process)
    note = f"{beside.figure:,.0f}/s beside {beside.bound:,.0f}/s; {beside.spread}"
    show(at_least(f"{name}, seven services / one process", beside.value, BESIDE, "", note=note, digits=2))


def parts_in_ms(used: Mapping[str, float]) -> str:
    """The parts that used at least a fiftieth of the whole, the largest first, in ms of processor time."""
    whole = sum(used.values())
    largest = sorted(used.items(), key=lambda one: -one[1])
    return ", ".join(
        f"{part} {seconds * 1000:.2f}" for part, seconds in largest if seconds * 50 > max(whole, 0)
    )


def _show_starts(services: SevenServices, memory: Mapping[str, float]) -> None:
    for one in services.started:
        note = f"{one.processor_seconds:.2f} s of processor time; {one.megabytes:.0f} MB (PSS)"
        show(Figure(f"  start of {one.name} until /readyz", f"{one.seconds:.2f} s", note=note))
    slowest = max(services.started, key=lambda one: one.seconds)
    largest = max(services.started, key=lambda one: one.megabytes)
    note = f"{slowest.name}; the aim is 2 s, on a machine without other work"
    show(at_most("slowest start of a service", slowest.seconds, START_SECONDS, " s", note=note, digits=2))
    show(
        at_most("memory of the largest service (PSS)", largest.megabytes, MEMORY_MB, " MB", note=largest.name)
    )
    for name, megabytes in memory.items():
        show(Figure(f"memory of all processes, {name} (PSS)", f"{megabytes:,.0f} MB"))
