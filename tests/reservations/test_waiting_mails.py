"""Mails of the waiting list."""

from __future__ import annotations

from typing import Any

import pytest

from app.core import db
from app.reservations import service
from tests.reservations.auditoriums import make_screening
from tests.reservations.holds import hold, messages
from tests.reservations.waiting_list import join, written

pytestmark = pytest.mark.usefixtures("database")


def joined_mails() -> list[dict[str, Any]]:
    return [notice for notice in messages("NoticeRequested") if notice["template"] == "waiting_joined"]


def test_the_joined_notice_has_position_and_links() -> None:
    screening = make_screening("oooo")
    hold(screening, "A1 A2 A3 A4")
    join(screening, who="bia")
    request = join(screening, who="ana")
    _, told = joined_mails()
    assert (told["email"], told["locale"]) == ("ana@example.com", "pt_BR")
    assert (told["page"], told["key"]) == ("request", request.token)
    assert told["facts"]["position"] == 2
    assert told["not_after"] == screening.sales_close_at.isoformat()
    letters = [written("waiting_joined", told, language) for language in ("pt_BR", "en")]
    assert ["Seu lugar na fila: 2." in letters[0].text, "sair da fila" in letters[0].text] == [True, True]
    assert ["Your place in line: 2." in letters[1].text, "leave the line" in letters[1].text] == [True, True]
    for letter in letters:
        assert f"/requests/{request.token}" in letter.text


def test_a_changed_quantity_sends_no_notice_and_a_new_email_does() -> None:
    screening = make_screening("oooo")
    hold(screening, "A1 A2 A3 A4")
    request = join(screening)
    for quantity, email in ((1, "ana@example.com"), (1, "ana@other.example"), (2, "ana@other.example")):
        with db.transaction():
            service.wait_for_seats(request.token, quantity, email)
    assert [told["email"] for told in joined_mails()] == ["ana@example.com", "ana@other.example"]


def test_a_cancelled_request_gets_no_joined_notice() -> None:
    screening = make_screening("oooo")
    hold(screening, "A1 A2 A3 A4")
    stays, leaves = join(screening, who="bia"), join(screening, who="ana")
    with db.transaction():
        service.cancel_request(leaves.token)
    assert [told["key"] for told in joined_mails()] == [stays.token]
