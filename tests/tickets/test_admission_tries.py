"""Tries at the door: wrong ones are throttled, a form that is sent twice is one try, and each try is logged."""

from __future__ import annotations

from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from sqlalchemy import text

from app.core import db
from app.core.errors import NotFound, TooMany
from app.tickets import admission_log, qr, scanned_text, service
from tests.actors import door_actor
from tests.tickets.conftest import FULL, Issue, admit


def guess(times: int, **door: Any) -> None:
    for _ in range(times):
        assert admit("AAAAAAAAAA", **door).verdict == "unknown"


def test_unknown_codes_are_throttled_for_an_account_but_scans_are_not(issue: Issue) -> None:
    first, second = issue()
    guess(scanned_text.MISSES_PER_MINUTE, user_id=3)
    with pytest.raises(TooMany):
        admit(first.code, user_id=3)
    assert admit(first.qr_text, user_id=3).verdict == "admitted"
    assert admit(second.code, user_id=4).verdict == "admitted"


def test_unknown_codes_are_throttled_for_an_address(issue: Issue, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(scanned_text, "MISSES_PER_ADDRESS", 5)
    issue()
    for number in range(5):
        guess(1, user_id=number, address_key="here")
    with pytest.raises(TooMany):
        admit("AAAAAAAAAA", user_id=6, address_key="here")
    assert admit("AAAAAAAAAA", user_id=6, address_key="there").verdict == "unknown"


def test_forged_codes_are_throttled_too(issue: Issue) -> None:
    payload, _ = qr.decode(issue()[0].qr_text)
    forged = qr.sign(payload, Ed25519PrivateKey.generate())
    for _ in range(scanned_text.MISSES_PER_MINUTE):
        assert admit(forged, user_id=3).verdict == "forged"
    with pytest.raises(TooMany):
        admit(forged, user_id=3)


def test_valid_codes_are_never_throttled(issue: Issue) -> None:
    """Known codes do not count as misses, nor do texts that cannot be codes."""
    ticket = issue()[0]
    for _ in range(scanned_text.MISSES_PER_MINUTE + 5):
        assert admit(ticket.code, address_key="here").verdict in ("admitted", "already")
        assert admit("https://example.com/", address_key="here").verdict == "unknown"
        assert admit(ticket.qr_text[:-3], address_key="here").verdict == "cut"
    assert admit(issue([FULL], screening_id=42)[0].code, address_key="here").verdict == "admitted"


def test_the_same_form_sent_twice_is_one_try(issue: Issue) -> None:
    ticket = issue()[0]
    first = admit(ticket.qr_text, once="a form")
    with pytest.raises(service.DuplicateAttempt) as caught:
        admit(ticket.qr_text, once="a form")
    assert caught.value.admission_id == first.id
    assert admit(ticket.qr_text, once="another form").verdict == "already"


def test_an_old_form_is_a_new_try(issue: Issue) -> None:
    """Otherwise a page from the browser's history would show the first person's answer for a second person."""
    ticket = issue()[0]
    admit(ticket.qr_text, once="a form")
    time_passes(admission_log.REPEAT_SECONDS + 1)
    assert admit(ticket.qr_text, once="a form").verdict == "already"


def time_passes(seconds: int) -> None:
    with db.transaction() as session:
        session.execute(text(f"update tickets.admissions set at = at - interval '{seconds} seconds'"))


def test_an_answer_is_shown_again_for_a_while_to_its_account(issue: Issue) -> None:
    ticket = issue()[1]
    given = admit(ticket.qr_text, gate="2")
    lost = admit("nonsense")
    with db.reading():
        again = service.recent_admission(given.id, door_actor(), seconds=60)
        assert service.recent_admission(lost.id, door_actor(), seconds=60).verdict == "unknown"
        with pytest.raises(NotFound):
            service.recent_admission(given.id, door_actor(8), seconds=60)
        for unknown in (0, -1, 10**30):
            with pytest.raises(NotFound):
                service.recent_admission(unknown, door_actor(), seconds=60)
    assert again == given
    time_passes(61)
    with db.reading(), pytest.raises(NotFound):
        service.recent_admission(given.id, door_actor(), seconds=60)


def test_every_try_is_logged_without_the_scanned_text(issue: Issue) -> None:
    ticket = issue()[0]
    admit(ticket.qr_text, gate="1", screening_id=41)
    admit(ticket.qr_text, gate="2")
    admit("Ana Souza 123.456.789-09", gate="2")
    with db.reading() as session:
        rows = session.execute(text("select * from tickets.admissions order by id")).all()
    assert [(row.verdict, row.ticket_id, row.gate, row.by_user_id, row.screening_id) for row in rows] == [
        ("admitted", ticket.id, "1", 7, 41),
        ("already", ticket.id, "2", 7, None),
        ("unknown", None, "2", 7, None),
    ]
