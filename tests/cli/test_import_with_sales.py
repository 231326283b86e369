"""A programme imported anew while tickets are sold: what buyers rely on stays, and what may change changes."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from app.core import db
from app.events import service as events
from app.events.programme_import import BadProgramme, import_programme
from app.events.service import Screening
from tests.orders import buying

PROGRAMME: dict[str, list[dict[str, Any]]] = {
    "cinemas": [{"slug": "matriz", "name": "Matriz"}],
    "rooms": [{"cinema": "matriz", "label": "1", "rows": ["A ssss", "B ssss"]}],
    "films": [{"slug": "limite", "title": "Limite", "year": 1931, "duration_minutes": 120, "age_rating": "L"}],
    "screenings": [
        {
            "ref": "d1-1", "film": "limite", "cinema": "matriz", "room": "1", "starts": "2035-12-01 18:00",
            "version": "original", "price_list": "all",
        }
    ],
    "prices": [{"price_list": "all", "zone": "standard", "price": 30}],
}  # fmt: skip


def take(folder: Path, **changes: dict[str, Any]) -> dict[str, int]:
    """Import the programme, with `changes` to the one entry of a kind; returns how many of each kind changed."""
    programme = {kind: [entries[0] | changes.get(kind, {})] for kind, entries in PROGRAMME.items()}
    path = folder / "programme.json"
    path.write_text(json.dumps(programme))
    with db.transaction():
        changed = dict(import_programme([path]).changed)
    events.reset_caches()
    return changed


def on_sale() -> Screening:
    with db.reading():
        (screening,) = events.programme(datetime(2035, 12, 1, tzinfo=UTC).date())
        return screening


def seats(screening: Screening, *numbers: int) -> list[int]:
    with db.reading():
        plan = events.seat_plan(screening.auditorium_id)
    return [plan.rows[0][number].id for number in numbers]


def refused(folder: Path, **changes: dict[str, Any]) -> str:
    with pytest.raises(BadProgramme) as bad:
        take(folder, **changes)
    events.reset_caches()
    return "; ".join(problem.message for problem in bad.value.problems)


def test_who_has_chosen_keeps_the_price_that_they_saw(database: str, tmp_path: Path) -> None:
    take(tmp_path)
    screening = on_sale()
    paid = buying.bought(screening, seats(screening, 0))
    choosing = buying.start(screening, seats(screening, 1), visitor="bea")
    assert take(tmp_path, prices={"price": "35,00"}) == {"screenings": 1}
    assert buying.order(paid.token).total == 3000
    assert buying.pay(buying.check_out(buying.choose(choosing))).total == 3000
    assert buying.start(on_sale(), seats(screening, 2), visitor="caio").total == 3500


def test_a_sold_screening_is_neither_moved_nor_seated_anew(database: str, tmp_path: Path) -> None:
    take(tmp_path)
    screening = on_sale()
    paid = buying.bought(screening, seats(screening, 0, 1))
    way_out = f"call it off (cancel-screening {screening.id})"
    said = refused(tmp_path, screenings={"starts": "2035-12-01 19:00"})
    assert "has 2035-12-01 18:00 as its start, not 2035-12-01 19:00" in said
    assert way_out in said
    assert "its seats stay" in refused(tmp_path, rooms={"rows": ["A sss", "B ssss"]})
    assert on_sale() == screening
    assert buying.order(paid.token).state == "paid"


def test_what_is_no_longer_in_the_file_stays_on_sale(database: str, tmp_path: Path) -> None:
    take(tmp_path)
    screening = on_sale()
    assert take(tmp_path, screenings={"ref": "d2-1", "starts": "2035-12-02 18:00"}) == {}
    assert on_sale() == screening
