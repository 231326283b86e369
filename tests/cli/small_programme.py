"""A programme with one screening; tests import it again, with changes, while its tickets are sold."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from app.core import cache, db
from app.events import service as events
from app.events.programme_import import Report, import_programme
from app.events.service import Screening
from app.orders import service as orders
from app.reservations import service as reservations

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


def write_programme(folder: Path, **changes: dict[str, Any]) -> Path:
    """Write the programme's file, with `changes` to the one entry of a kind; returns its path."""
    programme = {kind: [entries[0] | changes.get(kind, {})] for kind, entries in PROGRAMME.items()}
    path = folder / "programme.json"
    path.write_text(json.dumps(programme))
    return path


def import_changes(folder: Path, **changes: dict[str, Any]) -> dict[str, int]:
    """Import the programme, with `changes` to the one entry of a kind; returns how many of each kind changed."""
    path = write_programme(folder, **changes)
    with db.transaction():
        changed = dict(import_programme([path], taken=reservations.occupancy).changed)
    cache.clear_all()
    return changed


def change_sold(folder: Path, **screening: Any) -> Report:
    """Import the programme with `--change-sold` and these changes to its screening."""
    path = write_programme(folder, screenings=screening)
    with db.transaction():
        report = import_programme([path], taken=reservations.occupancy, change_sold=orders.sales_of)
    cache.clear_all()
    return report


def only_screening() -> Screening:
    with db.reading():
        (screening,) = events.programme(datetime(2035, 12, 1, tzinfo=UTC).date())
        return screening


def seat_ids_at(screening: Screening, *numbers: int) -> list[int]:
    with db.reading():
        plan = events.seat_plan(screening.auditorium_id)
    return [plan.rows[0][number].id for number in numbers]
