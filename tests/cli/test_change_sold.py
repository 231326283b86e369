"""`import-programme --change-sold`: another print arrives, the tickets stay good, and their buyers are told."""

from __future__ import annotations

from datetime import timedelta
from email.message import EmailMessage
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import text

from app.cli.programme import import_command
from app.core import cache, config, db
from app.events.programme_import import BadProgramme
from app.orders import service as orders
from app.orders.service import OrderOver, OrderView, PresentationChanged
from app.tickets import service as tickets
from app.tickets.service import AlreadyAdmitted, Ticket
from app.web import links
from tests.actors import owner_of
from tests.cli.small_programme import (
    change_sold,
    import_changes,
    only_screening,
    seat_ids_at,
    write_programme,
)
from tests.orders import concessions, purchases
from tests.orders.purchases import refunds, valid_tickets
from tests.tickets.conftest import admit
from tests.users.account_data import mail_text, read_mails
from tests.users.notice_mails import send_all_mails, set_order_language

pytestmark = pytest.mark.usefixtures("app")


@pytest.fixture(autouse=True)
def programme(app: object, tmp_path: Path) -> Path:
    """Limite, original version, 120 minutes, on sale; an empty mailbox."""
    for file in config.settings().mail_folder.glob("*.eml"):
        file.unlink()
    import_changes(tmp_path)
    return tmp_path


def bought(*numbers: int, language: str = "pt_BR", **chosen: Any) -> OrderView:
    """A paid order whose PDF is made and mailed."""
    screening = only_screening()
    basket = purchases.choose(purchases.start(screening, seat_ids_at(screening, *numbers)), **chosen)
    set_order_language(basket, language)
    paid = purchases.pay(purchases.check_out(basket))
    send_all_mails()
    return paid


def told(order: OrderView) -> list[EmailMessage]:
    """The mails about the order, besides the one with its tickets; oldest first."""
    send_all_mails()
    found = [mail for mail in read_mails(config.settings().mail_folder) if order.code in mail["Subject"]]
    return [mail for mail in found if not mail["Subject"].startswith(("Seus ingressos", "Your tickets"))]


def text_of(mail: EmailMessage) -> str:
    return mail_text(mail).replace("\r\n", "\n").replace("\u202f", " ")


def issued(order: OrderView) -> list[Ticket]:
    with db.reading():
        return tickets.of_order(order.id)


def run(statement: str, **values: object) -> None:
    with db.transaction() as session:
        session.execute(text(statement), values)
    cache.clear_all()


def begins(in_: timedelta) -> None:
    """The screening begins then, and its tickets say so."""
    for table in ("events.screenings", "tickets.issues"):
        run(
            f"update {table} set starts_at = clock_timestamp() + :in_, ends_at = clock_timestamp() + :in_ +"
            " (ends_at - starts_at)",
            in_=in_,
        )


def test_without_the_option_the_refusal_names_it(programme: Path) -> None:
    bought(0, 1)
    with pytest.raises(BadProgramme) as bad:
        import_changes(programme, screenings={"version": "dubbed"})
    assert "2 seats are sold or held" in bad.value.problems[0].message
    assert "--change-sold" in bad.value.problems[0].message


def test_the_check_says_before_and_after_and_whom_it_touches(
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
    import_command.callback((path,), check=True, change_sold=True, new_guids=False)
    cache.clear_all()
    assert f"would do: {said}" in capsys.readouterr().out
    assert only_screening().version == "original"
    import_command.callback((path,), check=False, change_sold=True, new_guids=False)
    cache.clear_all()
    written_down = capsys.readouterr().out
    assert said in written_down
    assert "screenings: 0 added, 1 changed, 0 unchanged" in written_down
    assert only_screening().version == "dubbed"


def test_one_that_has_begun_is_refused_with_the_option_too(programme: Path) -> None:
    bought(0)
    run("update events.screenings set starts_at = clock_timestamp() - interval '1 minute'")
    with pytest.raises(BadProgramme) as bad:
        change_sold(programme, version="dubbed")
    assert "has begun, and 1 seat is sold or held" in bad.value.problems[0].message


def test_tickets_are_renewed_and_stay_good(programme: Path) -> None:
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
    begins(timedelta(minutes=10))
    answer = admit(before[0].qr_text, screening_id=screening_id)
    assert answer.verdict == "admitted"
    assert answer.ticket is not None
    assert answer.ticket.facts.version == "dubbed"


def test_an_order_that_is_in_is_left_alone_and_not_told(programme: Path) -> None:
    paid = bought(0)
    run("update tickets.tickets set state = 'admitted', admitted_at = clock_timestamp()")
    before = issued(paid)
    change_sold(programme, version="dubbed")
    assert told(paid) == []
    assert issued(paid) == before


MAIL = {
    "pt_BR": (
        "Limite: sua sessão mudou, pedido",
        "Sua sessão mudou; seus ingressos continuam valendo",
        "Você comprou: versão original, até 20h15.",
        "Agora é: dublado 3D, até 20h25.",
        "os QR codes que você tem abrem a porta",
        "você pode devolver o pedido até o começo do filme,",
        "e recebe tudo de volta: R$\xa060,00.",
    ),
    "en": (
        "Limite has changed, order",
        "Your screening has changed; your tickets stay good",
        "You bought: original version, until 8:15",
        "It is now: dubbed 3D, until 8:25",
        "the QR codes that you have open the door",
        "you may give the order back until the film begins,",
        "and you get all of it back: R$\xa060.00.",
    ),
}


@pytest.mark.parametrize("language", MAIL)
def test_buyers_are_told_once(programme: Path, language: str) -> None:
    paid = bought(0, 1, language=language)
    change_sold(programme, version="dubbed", format="3D", minutes=130)
    (mail,) = told(paid)
    subject, *lines = MAIL[language]
    assert subject in mail["Subject"]
    said = text_of(mail)
    for line in lines:
        assert line in said, said
    assert f"http://localhost{links.order(paid.token)}" in said
    assert change_sold(programme, version="dubbed", format="3D", minutes=130).changed == {}
    assert len(told(paid)) == 1


def test_only_what_differs_is_said(programme: Path) -> None:
    paid = bought(0)
    change_sold(programme, version="dubbed")
    said = text_of(told(paid)[0])
    assert "Você comprou: versão original.\nAgora é: dublado." in said


def test_of_two_changes_each_mail_says_the_newest(programme: Path) -> None:
    paid = bought(0)
    change_sold(programme, version="dubbed")
    told(paid)
    change_sold(programme, version="subtitled")
    assert [("legendado" in text_of(mail), "dublado" in text_of(mail)) for mail in told(paid)] == [
        (False, True),
        (True, False),
    ]


def test_two_changes_before_the_worker_comes_are_told_as_one(programme: Path) -> None:
    paid = bought(0)
    change_sold(programme, version="dubbed")
    change_sold(programme, version="subtitled")
    (mail,) = told(paid)
    assert "Agora é: legendado." in text_of(mail)


def test_a_change_taken_back_is_told_to_those_who_were_told_of_it(programme: Path) -> None:
    paid = bought(0)
    change_sold(programme, version="dubbed")
    told(paid)
    change_sold(programme, version="original")
    _, mail = told(paid)
    assert "volta a ser como você comprou" in mail["Subject"]
    assert "Voltou a ser: versão original." in text_of(mail)
    assert not purchases.order(paid.token).is_changed


def test_a_change_taken_back_before_anybody_was_told_is_not_told(programme: Path) -> None:
    paid = bought(0)
    change_sold(programme, version="dubbed")
    change_sold(programme, version="original")
    assert told(paid) == []
    assert not purchases.order(paid.token).is_changed


def test_the_order_can_be_given_back_until_the_film_begins(programme: Path) -> None:
    """All of it, snacks too, although sales are over."""
    popcorn = concessions.add_product(only_screening())
    paid = bought(0, 1, items={popcorn: 1})
    change_sold(programme, version="dubbed")
    send_all_mails()
    run("update events.cinemas set sales_cutoff_minutes = -60")
    begins(timedelta(minutes=5))
    with db.transaction():
        orders.cancel(paid.token)
    send_all_mails()
    assert refunds(paid) == [(paid.total, "refunded")]
    assert (purchases.order(paid.token).state, valid_tickets(paid)) == ("refunded", [])


def test_not_after_it_has_begun_nor_when_somebody_is_in(programme: Path) -> None:
    paid, inside = bought(0), bought(1, 2)
    change_sold(programme, version="dubbed")
    send_all_mails()
    run(
        "update tickets.tickets set state = 'admitted', admitted_at = clock_timestamp() where id = :id",
        id=issued(inside)[0].id,
    )
    with pytest.raises(AlreadyAdmitted), db.transaction():
        orders.cancel(inside.token)
    begins(timedelta(minutes=-1))
    with pytest.raises(OrderOver), db.transaction():
        orders.cancel(paid.token)
    assert valid_tickets(paid) == ["A1"]


def checked_out(basket: OrderView, revision: int | None) -> None:
    with db.transaction():
        orders.check_out(
            basket.token,
            owner_of(basket),
            name="Ana Souza",
            email="ana@example.org",
            cpf="",
            method="pix",
            shown_revision=revision,
        )


def test_nobody_pays_for_a_screening_that_they_have_not_seen(programme: Path) -> None:
    screening = only_screening()
    basket = purchases.choose(purchases.start(screening, seat_ids_at(screening, 0)))
    change_sold(programme, version="dubbed")
    seen = purchases.order(basket.token)
    assert seen.is_changed
    assert seen.agreed is not None
    assert (seen.agreed.version, seen.screening.version) == ("original", "dubbed")
    for revision in (None, 0, 7, -1):
        with pytest.raises(PresentationChanged):
            checked_out(basket, revision)
    checked_out(basket, seen.screening.revision)
    send_all_mails()
    paid = purchases.pay(purchases.order(basket.token))
    assert (paid.state, paid.is_changed) == ("paid", False)
    assert told(paid) == [], "it was bought as it is"


def test_another_method_is_asked_for_with_the_screening_in_sight(programme: Path) -> None:
    screening = only_screening()
    waiting = purchases.check_out(purchases.choose(purchases.start(screening, seat_ids_at(screening, 0))))
    change_sold(programme, version="dubbed")
    with pytest.raises(PresentationChanged), db.transaction():
        orders.change_method(waiting.token, "card", owner_of(waiting))
    with db.transaction():
        orders.change_method(
            waiting.token, "card", owner_of(waiting), shown_revision=only_screening().revision
        )
    assert not purchases.order(waiting.token).is_changed


def test_money_for_the_former_print_buys_tickets_and_the_buyer_is_told(programme: Path) -> None:
    """The Pix code was in the bank's app already when the screening changed."""
    screening = only_screening()
    waiting = purchases.check_out(purchases.choose(purchases.start(screening, seat_ids_at(screening, 0))))
    change_sold(programme, version="dubbed")
    send_all_mails()
    paid = purchases.pay(waiting)
    assert (paid.state, paid.is_changed) == ("paid", True)
    (mail,) = told(paid)
    assert "Agora é: dublado." in text_of(mail)
    assert issued(paid)[0].facts.version == "dubbed"


def test_unsold_screenings_change_as_before_and_late_money_is_told(programme: Path) -> None:
    """Seats that were let go hold up no import; who pays for them late is told all the same."""
    screening = only_screening()
    waiting = purchases.check_out(purchases.choose(purchases.start(screening, seat_ids_at(screening, 0))))
    gone = purchases.expire(waiting)
    import_changes(programme, screenings={"version": "dubbed"})
    paid = purchases.pay(gone, stubborn=True)
    assert paid.state == "paid"
    assert "Agora é: dublado." in text_of(told(paid)[0])
