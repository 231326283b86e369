"""Sold seats of the demo: its screenings get them, and screenings of a real programme do not."""

from __future__ import annotations

from datetime import timedelta

import pytest
from sqlalchemy import text

from app.cli.demo_sales import sell_some
from app.core import config, db
from app.core.config import Settings
from app.events import service as events
from app.reservations import service as reservations


def taken(screening_ids: list[int]) -> dict[int, int]:
    with db.reading():
        return reservations.occupancy(screening_ids)


def test_seats_are_sold_in_screenings_of_the_demo_only(demo: str) -> None:
    with db.reading():
        real, *others = events.programme(events.today() + timedelta(days=1))
    with db.transaction() as session:
        # An external_ref marks the screening as imported.
        session.execute(
            text("update events.screenings set external_ref = 'ours-1' where id = :id"), {"id": real.id}
        )
    assert sell_some() > 1000
    sold = taken([real.id, *(screening.id for screening in others)])
    assert not sold.get(real.id)
    assert all(sold[screening.id] for screening in others)
    assert any(sold[screening.id] == screening.capacity for screening in others)
    assert sell_some() == 0


@pytest.mark.parametrize("most", [1, 3])
def test_the_demo_keeps_the_maximum_of_seats_of_an_order(demo: str, settings: Settings, most: int) -> None:
    """The limit also holds for love seats, which are sold in pairs. Three screenings of each auditorium are enough."""
    with db.transaction() as session:
        session.execute(
            text(
                "update events.screenings set external_ref = 'ours-' || id where id not in ("
                " select id from (select id, row_number() over (partition by auditorium_id order by starts_at) n"
                "  from events.screenings where starts_at > clock_timestamp() + interval '1 day') later"
                " where n <= 3)"
            )
        )
    config.use(settings.changed(holds={"max_seats": most}))
    assert sell_some() > 50
