"""`import-programme --change-sold`: sold tickets stay valid, are renewed, and their buyers get a mail."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import pytest

from app.cli.programme import import_command
from app.core import cache, db
from app.events.programme_import import BadProgramme
from app.orders import service as orders
from app.orders.service import OrderOver
from app.tickets import service as tickets
from app.tickets.service import AlreadyAdmitted
from tests.cli.small_programme import (
    change_sold,
    import_changes,
    only_screening,
    seat_ids_at,
    write_programme,
)
from tests.cli.sold_screening import bought, import_small_programme, issued, later_mails, move_start, run
from tests.orders import concessions, purchases
from tests.orders.purchases import refunds, valid_tickets
from tests.tickets.conftest import admit
from tests.users.notice_mails import send_all_mails

pytestmark = pytest.mark.usefixtures("app")


@pytest.fixture(autouse=True)
def programme(app: object, tmp_path: Path) -> Path:
    return import_small_programme(tmp_path)


def test_without_the_option_the_refusal_names_it(programme: Path) -> None:
    bought(0, 1)
    with pytest.raises(BadProgramme) as bad:
        import_changes(programme, screenings={"version": "dubbed"})
    assert "2 seats are sold or held" in bad.value.problems[0].message
    assert "--change-sold" in bad.value.problems[0].message


def test_the_check_lists_the_changes_and_the_number_of_buyers(
    programme: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    bought(0, 1)
    other = bought(2)
    run("update orders.orders set email = 'bea@example.org' where id = :id", id=other.id)
    purchases.start(only_screening(), seat_ids_at(only_screening(), 3), "caio")
    path = write_programme(programme, screenings={"version": "dubbed", "format": "3D", "minutes": 130})
    said = (
        "screening 'd1-1' (limite, matriz 1, 2035-12-01 18:00) changes from original, 2D, 120 minutes to dubbed, 3D,"
        " 130 minutes: 3 tickets of 2 buyers, told by mail, may be given back until it begins; 1 more seat is held"
    )
    assert import_command.callback is not None
    import_command.callback((path,), address=None, check=True, change_sold=True, new_guids=False)
    cache.clear_all()
    assert f"would do: {said}" in capsys.readouterr().out
    assert only_screening().version == "original"
    import_command.callback((path,), address=None, check=False, change_sold=True, new_guids=False)
    cache.clear_all()
    written_down = capsys.readouterr().out
    assert said in written_down
    assert "screenings: 0 added, 1 changed, 0 unchanged" in written_down
    assert only_screening().version == "dubbed"


def test_a_screening_that_has_begun_is_refused_with_the_option(programme: Path) -> None:
    bought(0)
    run("update events.screenings set starts_at = clock_timestamp() - interval '1 minute'")
    with pytest.raises(BadProgramme) as bad:
        change_sold(programme, version="dubbed")
    assert "has begun, and 1 seat is sold or held" in bad.value.problems[0].message


def test_tickets_are_renewed_and_stay_valid(programme: Path) -> None:
    paid = bought(0, 1)
    before = issued(paid)
    with db.reading():
        drawn, pdf = tickets.document(paid.id), tickets.pdf_of(paid.id)
    assert drawn is not None
    change_sold(programme, version="dubbed", format="3D", minutes=130)
    send_all_mails()
    after = issued(paid)
    old, new = before[0].facts, after[0].facts
    assert (new.version, new.format, new.ends_at - old.ends_at) == ("dubbed", "3D", timedelta(minutes=10))
    assert [one.qr_text for one in after] == [one.qr_text for one in before]
    with db.reading():
        again, new_pdf = tickets.document(paid.id), tickets.pdf_of(paid.id)
    assert again is not None
    assert again.made_at > drawn.made_at
    assert new_pdf not in (pdf, None)
    screening_id = only_screening().id
    move_start(timedelta(minutes=10))
    answer = admit(before[0].qr_text, screening_id=screening_id)
    assert answer.verdict == "admitted"
    assert answer.ticket is not None
    assert answer.ticket.facts.version == "dubbed"


def test_an_admitted_order_is_not_changed_and_gets_no_mail(programme: Path) -> None:
    paid = bought(0)
    run("update tickets.tickets set state = 'admitted', admitted_at = clock_timestamp()")
    before = issued(paid)
    change_sold(programme, version="dubbed")
    assert later_mails(paid) == []
    assert issued(paid) == before


def test_the_buyer_can_cancel_until_the_screening_begins(programme: Path) -> None:
    """The whole order is refunded, with its concessions, although sales have ended."""
    popcorn = concessions.add_product(only_screening())
    paid = bought(0, 1, items={popcorn: 1})
    change_sold(programme, version="dubbed")
    send_all_mails()
    run("update events.cinemas set sales_cutoff_minutes = -60")
    move_start(timedelta(minutes=5))
    with db.transaction():
        orders.cancel(paid.token)
    send_all_mails()
    assert refunds(paid) == [(paid.total, "refunded")]
    assert (purchases.order(paid.token).state, valid_tickets(paid)) == ("refunded", [])


def test_the_buyer_cannot_cancel_after_the_start_or_an_admission(programme: Path) -> None:
    paid, inside = bought(0), bought(1, 2)
    change_sold(programme, version="dubbed")
    send_all_mails()
    run(
        "update tickets.tickets set state = 'admitted', admitted_at = clock_timestamp() where id = :id",
        id=issued(inside)[0].id,
    )
    with pytest.raises(AlreadyAdmitted), db.transaction():
        orders.cancel(inside.token)
    move_start(timedelta(minutes=-1))
    with pytest.raises(OrderOver), db.transaction():
        orders.cancel(paid.token)
    assert valid_tickets(paid) == ["A1"]
