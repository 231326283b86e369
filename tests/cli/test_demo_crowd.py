"""The demo's other customers: they come to the demo, and never to a real programme beside it."""

from __future__ import annotations

from datetime import timedelta

import pytest
from sqlalchemy import text

from app.cli.demo_crowd import sell_some
from app.core import config, db
from app.core.config import Settings
from app.events import service as events
from app.reservations import service as reservations


def taken(screening_ids: list[int]) -> dict[int, int]:
    with db.reading():
        return reservations.occupancy(screening_ids)


def test_the_demos_screenings_sell_and_a_real_programme_is_left_alone(demo: str) -> None:
    with db.reading():
        real, *others = events.programme(events.today() + timedelta(days=1))
    with db.transaction() as session:
        # As `import-programme` would have written it.
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
def test_the_demos_customers_keep_to_the_seats_of_an_order(demo: str, settings: Settings, most: int) -> None:
    """Love seats too, which go by twos. Three screenings of each auditorium are enough to see it."""
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
