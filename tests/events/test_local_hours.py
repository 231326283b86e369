"""The local hour of a screening stays when the rules of its time zone, or the zone of its site, change."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import text

from app.core import cache, db
from app.events import local_hours
from app.events import service as events
from app.events.service import Screening
from tests.events.programme_files import CINEMAS, SCREENINGS, ProgrammeFolder
from tests.events.test_programme import make_cinema, make_film, make_room, make_screening

MANAUS = CINEMAS.replace("America/Recife", "America/Manaus")  # an hour behind Recife
SIX = datetime(2030, 12, 1, 21, 0, tzinfo=UTC)  # 18:00 in Recife
AGREED = datetime(2030, 12, 1, 18, 0)  # noqa: DTZ001 - by the site's clock


def first() -> Screening:
    cache.clear_all()
    with db.reading():
        return events.programme(AGREED.date())[0]


def stored(screening_id: int) -> Any:
    with db.reading() as session:
        query = text(
            "select starts_at, ends_at, starts_local, timezone from events.screenings where id = :id"
        )
        return session.execute(query, {"id": screening_id}).one()


def realign() -> local_hours.Realigned:
    with db.transaction():
        done = local_hours.realign()
    cache.clear_all()
    return done


def as_if_the_rules_had_changed(screening_id: int, hours: int = 1) -> None:
    """Move the stored times by `hours`, as another version of the zone database would have them."""
    with db.transaction() as session:
        session.execute(
            text(
                "update events.screenings set starts_at = starts_at + :by, ends_at = ends_at + :by where id = :id"
            ),
            {"by": timedelta(hours=hours), "id": screening_id},
        )
    cache.clear_all()


def test_the_import_keeps_the_local_hour(folder: ProgrammeFolder) -> None:
    folder.import_files()
    row = stored(first().id)
    assert (row.starts_at, row.starts_local, row.timezone) == (SIX, AGREED, "America/Recife")


def test_a_corrected_zone_changes_the_time_in_utc_and_not_the_local_hour(folder: ProgrammeFolder) -> None:
    folder.import_files()
    before = first()
    report = folder.import_files(cinemas=MANAUS)
    after = first()
    assert after.showtime.time("pt_BR") == before.showtime.time("pt_BR") == "18h00"
    assert after.showtime.clock == AGREED
    assert after.showtime.iso() == "2030-12-01T18:00-04:00"
    assert after.starts_at == SIX + timedelta(hours=1)
    assert after.ends_at - after.starts_at == before.ends_at - before.starts_at
    assert report.notes == ["matriz: 2 screenings keep their hours, now by the clock of America/Manaus"]
    assert dict(report.changed) == {"cinemas": 1}
    assert not folder.import_files(cinemas=MANAUS).changed


def test_an_hour_that_the_new_zone_skips_is_reported(folder: ProgrammeFolder) -> None:
    at_night = SCREENINGS.replace("2030-12-01 18:00", "2030-03-10 02:30")
    folder.import_files(screenings=at_night)
    (folder.path / "cinemas.csv").write_text(CINEMAS.replace("America/Recife", "America/New_York"))
    from app.events.programme_import import BadProgramme

    with pytest.raises(BadProgramme) as bad:
        folder.import_paths(folder.path / "cinemas.csv")
    assert [one.message for one in bad.value.problems] == [
        "timezone: screening 'd1-1': the clocks of America/New_York skip 2030-03-10 02:30"
    ]


def test_changed_rules_of_a_zone_keep_the_local_hour(folder: ProgrammeFolder) -> None:
    folder.import_files()
    screening = first()
    as_if_the_rules_had_changed(screening.id, -1)
    shown = first()
    assert shown.starts_at == SIX - timedelta(hours=1)
    assert shown.showtime.time("pt_BR") == "18h00"
    assert shown.showtime.time("pt_BR", shown.ends_at) == screening.showtime.time("pt_BR", screening.ends_at)
    assert realign().moved == [screening.id]
    assert (stored(screening.id).starts_at, stored(screening.id).ends_at) == (SIX, screening.ends_at)
    assert not realign().moved


@pytest.mark.parametrize("hours", [1, -1])
def test_screenings_close_after_one_another_move_together(database: str, hours: int) -> None:
    """Each ends when the next begins, so that a move in the wrong order would overlap."""
    film, room = make_film(), make_cinema(timezone="America/Recife")
    start = datetime.now(UTC).replace(microsecond=0) + timedelta(days=3)
    ids = [make_screening(film, room, start + timedelta(hours=2 * place)) for place in range(3)]
    realign()
    for screening_id in ids if hours < 0 else reversed(ids):
        as_if_the_rules_had_changed(screening_id, hours)
    done = realign()
    assert (sorted(done.moved), done.problems) == (ids, [])
    assert [stored(one).starts_at for one in ids] == [
        start + timedelta(hours=2 * place) for place in range(3)
    ]


def test_screenings_that_would_overlap_are_not_moved(database: str) -> None:
    film, room = make_film(), make_cinema(timezone="America/Recife")
    other_room = make_room("centro", "2")
    start = datetime.now(UTC).replace(microsecond=0) + timedelta(days=3)
    early = make_screening(film, room, start)
    late = make_screening(film, room, start + timedelta(hours=3))
    alone = make_screening(film, other_room, start)
    realign()
    as_if_the_rules_had_changed(early, -2)
    as_if_the_rules_had_changed(alone, -2)
    with (
        db.transaction() as session
    ):  # three hours long meanwhile: back at its hour it would reach into the next
        session.execute(
            text("update events.screenings set ends_at = starts_at + interval '4 hours' where id = :id"),
            {"id": early},
        )
    done = realign()
    assert done.moved == [alone]
    (problem,) = done.problems
    assert f"'screening {late}' would overlap 'screening {early}'" in problem


def test_missing_local_hours_of_older_versions_are_stored(database: str) -> None:
    start = datetime.now(UTC).replace(microsecond=0) + timedelta(days=3)
    screening_id = make_screening(make_film(), make_cinema(timezone="America/Manaus"), start)
    with db.reading():
        shown = events.screening(screening_id).showtime.clock
        assert screening_id in [
            one.id for one in events.programme(events.screening(screening_id).showtime.cinema_day)
        ]
    assert not realign().moved
    row = stored(screening_id)
    assert (row.starts_local, row.timezone) == (shown, "America/Manaus")
    assert row.starts_local == (start - timedelta(hours=4)).replace(tzinfo=None)


def test_a_screening_that_has_begun_is_not_moved(database: str) -> None:
    start = datetime.now(UTC).replace(microsecond=0) - timedelta(minutes=10)
    screening_id = make_screening(make_film(), make_cinema(timezone="America/Manaus"), start)
    realign()
    as_if_the_rules_had_changed(screening_id, -1)
    assert not realign().moved
    assert stored(screening_id).starts_at == start - timedelta(hours=1)


def test_the_cinema_day_follows_the_stored_local_hour(folder: ProgrammeFolder) -> None:
    """The stored local hour is 4:30; an hour later would be another cinema day."""
    folder.import_files(screenings=SCREENINGS.replace("2030-12-01 18:00", "2030-12-01 04:30"))
    with db.reading():
        (screening,) = events.programme(datetime(2030, 11, 30, tzinfo=UTC).date())
    as_if_the_rules_had_changed(screening.id)
    with db.reading():
        assert [one.id for one in events.programme(datetime(2030, 11, 30, tzinfo=UTC).date())] == [
            screening.id
        ]
        assert datetime(2030, 11, 30, tzinfo=UTC).date() in events.days_with_screenings()
