"""Sells a realistic share of the demo's seats, through the verbs of the services.

Only screenings of the demo are sold; those of a real programme in the same database are not touched.
"""

from __future__ import annotations

import random
from collections.abc import Iterator
from datetime import timedelta

from app.core import db
from app.core.actor import Actor
from app.core.config import settings
from app.events import demo
from app.events import service as events
from app.events.service import Screening, Seat, SeatPlan

# The sold share of a screening (minimum, maximum), by the number of days until it starts.
SHARES = ((0.2, 0.85), (0.08, 0.55), (0.04, 0.3), (0.0, 0.2))
SOLD_OUT, NEARLY = 0, 9  # seats left in the last screening of the day, in the two smallest auditoriums


def sell_some() -> int:
    """Sell seats of every coming screening of the demo that has no taken seat. Returns the number of sold seats.

    Opens a transaction for each screening.
    """
    from app.reservations import service as reservations

    sold = 0
    with db.reading():
        today = events.today()
        days = [events.programme(today + timedelta(days=offset)) for offset in range(len(SHARES) + 3)]
        ours = demo.coming()
        days = [[screening for screening in day if screening.id in ours] for day in days]
        taken = reservations.occupancy([screening.id for day in days for screening in day])
    for offset, screenings in enumerate(days):
        with db.reading():
            coming = [screening for screening in screenings if events.on_sale(screening)]
        special = _special(coming) if offset < 2 else {}
        for screening in coming:
            if not taken.get(screening.id):
                sold += _sell(screening, offset, special.get(screening.id))
    return sold


def _special(screenings: list[Screening]) -> dict[int, int]:
    """Screening → seats to leave, for the last screening of the day in the two smallest auditoriums."""
    last_screenings: dict[int, Screening] = {}
    for screening in sorted(screenings, key=lambda one: one.starts_at):
        last_screenings[screening.auditorium_id] = screening
    smallest = sorted(last_screenings.values(), key=lambda one: one.capacity)[:2]
    return {screening.id: left for screening, left in zip(smallest, (SOLD_OUT, NEARLY), strict=False)}


def _sell(screening: Screening, days_away: int, left: int | None) -> int:
    from app.reservations import service as reservations

    rng = random.Random(screening.id)  # noqa: S311 - the same seats each time, not a secret
    least, most = SHARES[min(days_away, len(SHARES) - 1)]
    wanted = round(screening.capacity * rng.uniform(least, most))
    if left is not None:
        wanted = screening.capacity - left
    sold = 0
    with db.transaction():
        plan = events.seat_plan(screening.auditorium_id)
        for number, group in enumerate(_groups(plan, rng, everyone=left is not None)):
            if sold >= wanted:
                break
            seats = [seat.id for seat in group[: wanted - sold]]
            if not plan.keeps_love_seats_whole(seats):  # a love seat is sold whole
                seats.append(group[len(seats)].id)
            if len(seats) > settings().holds.max_seats:
                continue
            name = f"demo-{screening.id}-{number}"
            held = reservations.hold_seats(screening, seats, Actor(visitor=name, address_key=name))
            reservations.confirm(held.id)
            sold += len(seats)
    return sold


def _groups(plan: SeatPlan, rng: random.Random, *, everyone: bool) -> Iterator[list[Seat]]:
    """Groups of neighbouring seats, in the order in which people choose: middle seats towards the back first."""
    groups: list[tuple[float, list[Seat]]] = []
    middle, depth = plan.columns / 2, len(plan.rows)
    for row in plan.rows:
        rest = [seat for seat in row if everyone or seat.kind not in ("wheelchair", "companion")]
        while rest:
            size = min(len(rest), settings().holds.max_seats, rng.choice((1, 2, 2, 2, 3, 4)))
            group, rest = rest[:size], rest[size:]
            if rest and plan.love_seat_partners.get(group[-1].id) == rest[0].id:
                group.append(rest.pop(0))
            far = abs(group[0].column - middle) / middle + abs(group[0].row_index - depth * 0.65) / depth
            groups.append((far + rng.uniform(0, 0.6), group))
    for _, group in sorted(groups, key=lambda one: one[0]):
        yield group
