"""Race: a screening changes during a checkout or payment; the buyer sees the change, and each ticket is renewed."""

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


def change_version(folder: Path) -> None:
    """Change the version of the screening in the caller's transaction."""
    path = write_programme(folder, screenings={"version": "dubbed"})
    import_programme([path], taken=reservations.occupancy, change_sold=orders.sales_of)


def run_before_commit(first: Callable[[], object], second: Callable[[], object]) -> list[Exception]:
    """Start `second` while the transaction of `first` is not committed; returns the errors of `second`."""
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


def change_and_work(folder: Path) -> None:
    with db.transaction():
        change_version(folder)
    send_all_mails()


def version_on_the_ticket(order: OrderView) -> str:
    with db.reading():
        (ticket,) = tickets.of_order(order.id)
    return ticket.facts.version


def got_a_mail(order: OrderView) -> bool:
    return any("mudou" in subject and order.code in subject for subject in send_all_mails())


def settle_during_change(folder: Path) -> OrderView:
    waiting = purchases.check_out(basket(folder))
    (settle,) = paid_but_not_settled(waiting, 1)
    assert run_before_commit(settle, lambda: change_and_work(folder)) == []
    cache.clear_all()
    assert purchases.order(waiting.token).state == "paid"
    return waiting


def test_a_ticket_issued_during_the_change_is_renewed(tmp_path: Path) -> None:
    paid = settle_during_change(tmp_path)
    assert got_a_mail(paid)
    assert version_on_the_ticket(paid) == "dubbed"


def test_control_without_the_lock_at_the_payment_the_ticket_is_not_renewed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("app.orders.completion.events.lock_presentation", lambda screening: screening)
    paid = settle_during_change(tmp_path)
    assert not got_a_mail(paid)
    assert version_on_the_ticket(paid) == "original"


def check_out_during_change(folder: Path) -> list[Exception]:
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

    return run_before_commit(lambda: change_version(folder), check_out)


def test_a_checkout_with_the_former_revision_is_refused(tmp_path: Path) -> None:
    (error,) = check_out_during_change(tmp_path)
    assert isinstance(error, PresentationChanged)


def test_control_without_the_lock_at_the_checkout_it_succeeds(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("app.orders.checkout.events.lock_presentation", lambda screening: screening)
    assert check_out_during_change(tmp_path) == []
