"""`import-programme --change-sold` while customers pay: nobody pays for a presentation without having seen it."""

from __future__ import annotations

from pathlib import Path

import pytest

from app.core import db
from app.orders import service as orders
from app.orders.service import OrderView, PresentationChanged
from tests.actors import owner_of
from tests.cli.small_programme import change_sold, import_changes, only_screening, seat_ids_at
from tests.cli.sold_screening import import_small_programme, issued, later_mails, text_of
from tests.orders import purchases
from tests.users.notice_mails import send_all_mails

pytestmark = pytest.mark.usefixtures("app")


@pytest.fixture(autouse=True)
def programme(app: object, tmp_path: Path) -> Path:
    return import_small_programme(tmp_path)


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
