"""The data of a door that works without network, and its script in a page without a server."""

from __future__ import annotations

import base64
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from playwright.sync_api import Page, Route
from sqlalchemy import text

from app.core import db
from app.core.codes import normalise_code
from app.events.service import Screening
from app.tickets import service as tickets

ROOT = Path(__file__).resolve().parents[2]
ADDRESS = "http://localhost/door/"  # a secure context, as WebCrypto demands
_STATES = {"valid": "v", "admitted": "a", "outside": "o", "revoked": "r"}


def snapshot(site: int, *screenings: Screening) -> dict[str, Any]:
    """The tickets of these screenings as /staff/offline/snapshot gives them."""
    with db.reading() as session:
        rows = [
            row
            for one in screenings
            for row in session.execute(
                text(
                    "select t.*, i.facts from tickets.tickets t join tickets.issues i using (order_id)"
                    " where t.screening_id = :id"
                ),
                {"id": one.id},
            )
        ]
        keys = session.execute(text("select kid, public_key, retired_at from tickets.signing_keys")).all()
    zone = screenings[0].cinema.timezone
    return {
        "version": "1",
        "cursor": "1",
        "now": _moment(datetime.now(UTC)),
        "account": {"id": 3, "name": "Ana"},
        "gate": "Portão 1",
        "site": site,
        "zone": zone,
        "day": "",
        "keys": [
            {
                "kid": key.kid,
                "public": base64.b64encode(bytes(key.public_key)).decode(),
                "blocked": key.retired_at is not None,
            }
            for key in keys
        ],
        "screenings": [
            {
                "id": one.id,
                "title": one.film.title,
                "auditorium": one.auditorium_name,
                "starts": _moment(one.starts_at),
                "opens": _moment(tickets.opens_at(one.starts_at)),
                "ends": _moment(one.ends_at),
                "called_off": one.status != "scheduled",
                "age": "14",
            }
            for one in screenings
        ],
        "types": [{"name": "Inteira", "proof": "", "proof_number": 0}],
        "orders": [{"code": "LTZ-4720", "name": "Ana Paula Souza"}],
        "tickets": [
            [
                base64.urlsafe_b64encode(row.id.bytes).rstrip(b"=").decode(),
                row.screening_id,
                row.seat_name,
                row.seat_name,
                0,
                0,
                normalise_code(row.code),
                0,
                row.revision,
                _STATES[row.state],
                int(row.admitted_at.timestamp()) if row.admitted_at else 0,
                row.gate or "",
            ]
            for row in rows
        ],
    }


class OfflineDoor:
    """The door's scripts in a page that no server stands behind."""

    def __init__(self, page: Page) -> None:
        self.page = page
        page.route(f"{ADDRESS}**", _file)
        page.goto(ADDRESS)

    def take(self, answer: dict[str, Any]) -> None:
        """Start with the data of a snapshot."""
        self.page.evaluate(
            """async ([answer, layouts]) => {
                const { DoorData } = await import("/door/door_data.js");
                window.data = new DoorData(layouts);
                await data.merge(answer, { isWhole: true, asked: data.now, lang: "pt-BR" });
            }""",
            [answer, tickets.layout_tables()],
        )

    def verdict(self, typed: str, **place: int) -> str:
        """The verdict on a scan at `screening` or `site`."""
        said: str = self.page.evaluate(
            """async ([typed, place]) => {
                const { decide } = await import("/door/door_offline_verdict.js");
                return (await decide(typed, data, place, data.now)).verdict;
            }""",
            [typed, place],
        )
        return said


def _file(route: Route) -> None:
    name = route.request.url.removeprefix(ADDRESS)
    if name:
        route.fulfill(path=ROOT / "static/js" / name, content_type="text/javascript")
    else:
        route.fulfill(body="<!doctype html><title>door</title>", content_type="text/html")


def _moment(moment: datetime) -> str:
    return moment.astimezone(UTC).isoformat().replace("+00:00", "Z")
