"""A screening changes while somebody pays: nobody agrees to what they have not seen, and each ticket is renewed."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from app.core import cache, db
from app.core.config import Settings
from app.events.programme_import import import_programme
from app.orders import service as orders
from app.orders.service import OrderView, PresentationChanged
from app.reservations import service as reservations
from app.tickets import service as tickets
from tests.actors import owner_of
from tests.cli.small_programme import import_changes, only_screening, seat_ids_at, write_programme
from tests.orders import purchases
from tests.races.concurrency import TIMEOUT_SECONDS, wait_until_blocked_or_ended
from tests.races.test_settlement import paid_but_not_settled
from tests.users.notice_mails import send_all_mails


@pytest.fixture(autouse=True)
def connections(app: object, database: str, settings: Settings) -> Iterator[None]:
    for file in settings.mail_folder.glob("*.eml"):
        file.unlink()
    db.connect(database, pool_size=10)
    yield
    db.connect(database, pool_size=settings.database.pool_size)


def basket(folder: Path) -> OrderView:
    import_changes(folder)
    screening = only_screening()
    return purchases.choose(purchases.start(screening, seat_ids_at(screening, 0)))


def other_print(folder: Path) -> None:
    """Within the caller's transaction."""
    path = write_programme(folder, screenings={"version": "dubbed"})
    import_programme([path], taken=reservations.occupancy, change_sold=orders.sales_of)


def one_before_the_other(first: Callable[[], object], second: Callable[[], object]) -> list[Exception]:
    """`second` begins when `first` has done its work and not committed; what it raised."""
    failed: list[Exception] = []

    def run() -> None:
        try:
            second()
        except Exception as error:
            failed.append(error)

    follower = threading.Thread(target=run, daemon=True)
    with db.transaction():
        first()
        follower.start()
        wait_until_blocked_or_ended(follower)
    follower.join(TIMEOUT_SECONDS)
    assert not follower.is_alive()
    return failed


def changes(folder: Path) -> None:
    with db.transaction():
        other_print(folder)
    send_all_mails()


def version_on_the_ticket(order: OrderView) -> str:
    with db.reading():
        (ticket,) = tickets.of_order(order.id)
    return ticket.facts.version


def was_told(order: OrderView) -> bool:
    return any("mudou" in subject and order.code in subject for subject in send_all_mails())


def settled_while_it_changes(folder: Path) -> OrderView:
    waiting = purchases.check_out(basket(folder))
    (settle,) = paid_but_not_settled(waiting, 1)
    assert one_before_the_other(settle, lambda: changes(folder)) == []
    cache.clear_all()
    assert purchases.order(waiting.token).state == "paid"
    return waiting


def test_a_ticket_that_is_issued_at_that_moment_is_renewed(tmp_path: Path) -> None:
    paid = settled_while_it_changes(tmp_path)
    assert was_told(paid)
    assert version_on_the_ticket(paid) == "dubbed"


def test_control_when_paying_does_not_hold_the_screening(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("app.orders.completion.events.lock_presentation", lambda screening: screening)
    paid = settled_while_it_changes(tmp_path)
    assert not was_told(paid)
    assert version_on_the_ticket(paid) == "original"


def checked_out_while_it_changes(folder: Path) -> list[Exception]:
    chosen = basket(folder)

    def check_out() -> None:
        with db.transaction():
            orders.check_out(
                chosen.token,
                owner_of(chosen),
                name="Ana Souza",
                email="ana@example.org",
                cpf="",
                method="pix",
                shown_revision=0,
            )

    return one_before_the_other(lambda: other_print(folder), check_out)


def test_who_agrees_to_the_former_print_is_shown_the_new_one_first(tmp_path: Path) -> None:
    (error,) = checked_out_while_it_changes(tmp_path)
    assert isinstance(error, PresentationChanged)


def test_control_when_checking_out_does_not_look(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("app.orders.checkout.events.lock_presentation", lambda screening: screening)
    assert checked_out_while_it_changes(tmp_path) == []
