"""`import-programme --change-sold`: sold tickets stay valid, are renewed, and their buyers get a mail."""

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
    """The programme of one screening (Limite, original version, 120 minutes, on sale), and an empty mailbox."""
    for file in config.settings().mail_folder.glob("*.eml"):
        file.unlink()
    import_changes(tmp_path)
    return tmp_path


def bought(*numbers: int, language: str = "pt_BR", **chosen: Any) -> OrderView:
    """Make a paid order whose PDF is made and mailed."""
    screening = only_screening()
    basket = purchases.choose(purchases.start(screening, seat_ids_at(screening, *numbers)), **chosen)
    set_order_language(basket, language)
    paid = purchases.pay(purchases.check_out(basket))
    send_all_mails()
    return paid


def later_mails(order: OrderView) -> list[EmailMessage]:
    """The mails about the order, without the one with its tickets; oldest first."""
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


def move_start(in_: timedelta) -> None:
    """Move the start of the screening, also on its tickets."""
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
def test_each_buyer_gets_one_mail(programme: Path, language: str) -> None:
    paid = bought(0, 1, language=language)
    change_sold(programme, version="dubbed", format="3D", minutes=130)
    (mail,) = later_mails(paid)
    subject, *lines = MAIL[language]
    assert subject in mail["Subject"]
    said = text_of(mail)
    for line in lines:
        assert line in said, said
    assert f"http://localhost{links.order(paid.token)}" in said
    assert change_sold(programme, version="dubbed", format="3D", minutes=130).changed == {}
    assert len(later_mails(paid)) == 1


def test_the_mail_has_only_the_differences(programme: Path) -> None:
    paid = bought(0)
    change_sold(programme, version="dubbed")
    said = text_of(later_mails(paid)[0])
    assert "Você comprou: versão original.\nAgora é: dublado." in said


def test_after_two_changes_each_mail_has_the_newest_facts(programme: Path) -> None:
    paid = bought(0)
    change_sold(programme, version="dubbed")
    later_mails(paid)
    change_sold(programme, version="subtitled")
    assert [("legendado" in text_of(mail), "dublado" in text_of(mail)) for mail in later_mails(paid)] == [
        (False, True),
        (True, False),
    ]


def test_two_changes_before_the_worker_runs_cause_one_mail(programme: Path) -> None:
    paid = bought(0)
    change_sold(programme, version="dubbed")
    change_sold(programme, version="subtitled")
    (mail,) = later_mails(paid)
    assert "Agora é: legendado." in text_of(mail)


def test_a_reverted_change_is_mailed_to_the_buyers_who_got_the_first_mail(programme: Path) -> None:
    paid = bought(0)
    change_sold(programme, version="dubbed")
    later_mails(paid)
    change_sold(programme, version="original")
    _, mail = later_mails(paid)
    assert "volta a ser como você comprou" in mail["Subject"]
    assert "Voltou a ser: versão original." in text_of(mail)
    assert not purchases.order(paid.token).is_changed


def test_a_change_reverted_before_its_mail_causes_no_mail(programme: Path) -> None:
    paid = bought(0)
    change_sold(programme, version="dubbed")
    change_sold(programme, version="original")
    assert later_mails(paid) == []
    assert not purchases.order(paid.token).is_changed


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


def test_the_payment_starts_only_with_the_shown_revision(programme: Path) -> None:
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
    assert later_mails(paid) == [], "the buyer saw the current revision"


def test_a_change_of_the_method_needs_the_shown_revision(programme: Path) -> None:
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


def test_a_payment_for_the_former_revision_buys_tickets_and_a_mail_is_sent(programme: Path) -> None:
    """The customer had copied the Pix code into the bank's app before the screening changed."""
    screening = only_screening()
    waiting = purchases.check_out(purchases.choose(purchases.start(screening, seat_ids_at(screening, 0))))
    change_sold(programme, version="dubbed")
    send_all_mails()
    paid = purchases.pay(waiting)
    assert (paid.state, paid.is_changed) == ("paid", True)
    (mail,) = later_mails(paid)
    assert "Agora é: dublado." in text_of(mail)
    assert issued(paid)[0].facts.version == "dubbed"


def test_a_late_payment_after_a_change_gets_the_mail(programme: Path) -> None:
    """Expired holds do not prevent a change; a customer who pays late gets the mail about it."""
    screening = only_screening()
    waiting = purchases.check_out(purchases.choose(purchases.start(screening, seat_ids_at(screening, 0))))
    expired = purchases.expire(waiting)
    import_changes(programme, screenings={"version": "dubbed"})
    paid = purchases.pay(expired, stubborn=True)
    assert paid.state == "paid"
    assert "Agora é: dublado." in text_of(later_mails(paid)[0])
