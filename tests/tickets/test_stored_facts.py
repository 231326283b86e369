"""Tickets that the version before or after this one issued are admitted and shown."""

from __future__ import annotations

import pytest
from sqlalchemy import text

from app.core import db
from tests.tickets.conftest import Issue, admit, of_order

NEWER = """
    update tickets.issues set facts = facts || '{"opens_at": "2026-12-05T20:10:00+00:00", "form": 7}'
      || jsonb_build_object('concessions', jsonb_build_array(
        facts #> '{concessions,0}' || '{"collected_at": null, "hall": {"name": "2"}}'))
"""
OLDER = "update tickets.issues set facts = facts - array['form', 'year', 'original_title', 'concessions']"


@pytest.mark.parametrize("written", [NEWER, OLDER])
def test_a_ticket_of_another_version_is_admitted_and_shown(issue: Issue, written: str) -> None:
    ticket = issue()[0]
    with db.transaction() as session:
        session.execute(text(written))
    shown = of_order(ticket.order_id)[0]
    assert (shown.facts.film_title, shown.facts.starts_at) == ("Metrópolis", ticket.facts.starts_at)
    assert [one.name for one in shown.facts.concessions] == (
        ["Combo Sessão dupla"] if written == NEWER else []
    )
    assert admit(ticket.qr_text).verdict == "admitted"


def test_stored_facts_have_a_form_number(issue: Issue) -> None:
    issue()
    with db.reading() as session:
        assert session.execute(text("select facts ->> 'form' from tickets.issues")).scalar_one() == "1"
