"""A door device for the tests: the browser of a member of staff that also works without a network."""

from __future__ import annotations

import base64
import uuid
from datetime import datetime
from typing import Any

from flask import Flask
from werkzeug.test import TestResponse

from app.core import cache
from app.events.service import Screening
from app.tickets.service import Ticket
from tests.door.door_fixtures import Staff

OUR_PAGE = {"Sec-Fetch-Site": "same-origin"}


class OfflineDoor(Staff):
    """A registered door device at one screening."""

    def __init__(self, app: Flask, screening: Screening, gate: str = "Portão 1", **staff: Any) -> None:
        super().__init__(app, **staff)
        self.screening, self.gate = screening, gate
        self.stand_at(screening, gate)
        assert self.post("/staff/offline/device").status_code == 303

    def snapshot(self) -> dict[str, Any]:
        answer = self.get("/staff/offline/snapshot")
        assert answer.status_code == 200, answer.text
        return dict(answer.get_json())

    def ask(self, cursor: str) -> TestResponse:
        cache.clear_all()
        return self.client.get(
            "/staff/offline/changes", query_string={"cursor": cursor}, headers=self.headers
        )

    def changes(self, cursor: str) -> dict[str, Any]:
        answer = self.ask(cursor)
        assert answer.status_code == 200, answer.text
        return dict(answer.get_json())

    def sync(self, *scans: dict[str, Any]) -> list[dict[str, Any]]:
        answer = self.send_scans({"scans": scans})
        assert answer.status_code == 200, answer.text
        return list(answer.get_json()["results"])

    def send_scans(self, body: Any, **headers: str) -> TestResponse:
        return self.client.post("/staff/offline/scans", json=body, headers=headers or OUR_PAGE)

    def scanned(self, ticket: Ticket, at: datetime | None = None, **changes: Any) -> dict[str, Any]:
        """The scan as the page keeps it."""
        return {
            "nonce": str(uuid.uuid4()),
            "text": ticket.qr_text,
            "at": at.isoformat() if at is not None else None,
            "account": self.account.id,
            "gate": self.gate,
            "place": f"screening-{self.screening.id}",
            "verdict": "admitted",
        } | changes


def row_of(payload: dict[str, Any], ticket: Ticket) -> list[Any] | None:
    """The ticket's row in an answer; None if it is not there."""
    key = base64.urlsafe_b64encode(ticket.id.bytes).decode().rstrip("=")
    return next((row for row in payload["tickets"] if row[0] == key), None)


def state_of(payload: dict[str, Any], ticket: Ticket) -> str:
    row = row_of(payload, ticket)
    return str(row[9]) if row is not None else ""
