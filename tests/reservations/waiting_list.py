"""Steps of the tests of the waiting list."""

from __future__ import annotations

from typing import Any

from app.core import db
from app.core.pages import Page
from app.events.service import Screening
from app.reservations import service
from app.reservations.service import Request
from app.users import notices
from app.web import links
from tests.actors import visitor_actor


def join(screening: Screening, quantity: int = 2, who: str = "ana") -> Request:
    """Put a visitor on the waiting list for `quantity` seats."""
    with db.transaction():
        return service.join_waiting_list(screening, quantity, f"{who}@example.com", visitor_actor(who))


def look(request: Request) -> Request:
    """The request's current state."""
    with db.reading():
        return service.request(request.token)


def serve(screening: Screening) -> int:
    """Offer the free seats of the screening; returns the number of offers."""
    with db.transaction():
        return service.offer_next(screening.id)


def written(template: str, told: dict[str, Any], language: str) -> notices.RenderedMail:
    """The mail that a NoticeRequested message (`told`) becomes."""
    return notices.render(template, language, told["facts"], links.address(Page(told["page"]), told["key"]))
