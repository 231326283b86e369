"""After a correction of a site's time zone, sold tickets keep their local time, and the door opens by it."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

from sqlalchemy import text

from app.core import config, db, worker
from app.dispatch import routes
from app.tickets import pdf_layout
from app.tickets import service as tickets
from app.tickets.service import IssueFacts, Ticket
from tests.cli.small_programme import import_changes, only_screening, seat_ids_at
from tests.orders import purchases
from tests.tickets.conftest import make_facts


def ticket_of(order_id: object) -> Ticket:
    with db.reading():
        (ticket,) = tickets.of_order(order_id)  # type: ignore[arg-type]
        return ticket


def make_all_due() -> None:
    """Make all waiting deliveries due now."""
    with db.transaction() as session:
        session.execute(text("update core.outbox set available_at = clock_timestamp()"))
    while worker.drain(routes()):
        pass


def test_tickets_keep_their_local_time_and_the_door_uses_it(database: str, tmp_path: Path) -> None:
    import_changes(tmp_path)
    screening = only_screening()
    paid = purchases.buy(screening, seat_ids_at(screening, 0))
    before = ticket_of(paid.id)
    assert before.facts.showtime.time("pt_BR") == "18h00"
    import_changes(tmp_path, cinemas={"timezone": "America/Manaus"})
    make_all_due()
    moved, after = only_screening(), ticket_of(paid.id)
    assert moved.starts_at == screening.starts_at + timedelta(hours=1)
    assert (after.facts.starts_at, after.facts.ends_at) == (moved.starts_at, moved.ends_at)
    with db.reading() as session:
        issue = session.execute(text("select starts_at, ends_at from tickets.issues")).one()
    assert (issue.starts_at, issue.ends_at) == (moved.starts_at, moved.ends_at)
    for ticket in (before, after):
        page = pdf_layout.layout_page(ticket, 1, "pt_BR", config.settings().cinema.name)
        assert page.large_fields[0].value.lines == ("18h00",)
        assert (
            "A sala abre às 17h00." in page.footer
        )  # an hour before the start, by the settings of the tests
    assert moved.showtime.day_and_time("pt_BR") == screening.showtime.day_and_time("pt_BR")
    assert after.qr_text == before.qr_text


def test_facts_of_another_version_are_read() -> None:
    """An older version did not store the local time; a newer one can store more facts."""
    facts = make_facts()
    older = {name: value for name, value in facts.payload().items() if name != "starts_local"}
    assert IssueFacts.of(older) == facts
    newer = facts.payload() | {"dolby": True}
    assert IssueFacts.of(newer) == facts
