"""The order's page when the mail with its tickets came back: it says so, and takes a corrected e-mail."""

from __future__ import annotations

import pytest
from flask import Flask

from app.core import config, db, worker
from app.dispatch import routes
from app.events.service import Screening
from app.orders.service import OrderView
from app.users import address_problems
from app.web import links
from tests.orders import purchases
from tests.shop.visitor import Visitor
from tests.users.account_data import read_mails

TYPO, RIGHT = "maria@nowhere.example", "maria@example.org"
NOTICE = 'id="_mail_returned"'


@pytest.fixture
def order(ana: Visitor, screening: Screening) -> OrderView:
    """Ana's paid order, whose mail the mailbox refuses."""
    path = ana.start(screening, "A1")
    ana.choose_full(path)
    ana.check_out(path, email=TYPO)
    purchases.run_due_work()
    paid = purchases.pay(purchases.order(path.rpartition("/")[2]))
    assert NOTICE not in ana.get(links.order(paid.token)).text
    worker.drain(routes(("tickets", "users")))
    return paid


def correct(visitor: Visitor, order: OrderView, email: str) -> tuple[int, str]:
    answer = visitor.post(links.order(order.token, "email"), {"email": email})
    return answer.status_code, answer.text if answer.status_code != 303 else answer.location


def mailed_to() -> list[str]:
    worker.drain(routes(("tickets", "users")))
    return [str(mail["To"]) for mail in read_mails(config.settings().mail_folder)]


@pytest.mark.usefixtures("empty_mailbox")
def test_the_buyer_corrects_the_address_and_gets_the_tickets(ana: Visitor, order: OrderView) -> None:
    page = ana.get(links.order(order.token)).text
    assert NOTICE in page
    assert f"{TYPO} does not exist or takes no mail." in page
    assert f'value="{TYPO}"' in page
    assert correct(ana, order, f" {RIGHT.upper()} ") == (303, f"{links.order(order.token)}?mailed=1")
    assert purchases.order(order.token).email == RIGHT
    assert mailed_to() == [RIGHT]
    assert NOTICE not in ana.get(links.order(order.token)).text
    assert correct(ana, order, "eva@example.org") == (303, links.order(order.token)), (
        "only after a mail came back"
    )
    assert purchases.order(order.token).email == RIGHT


@pytest.mark.parametrize(
    ("typed", "said"),
    [
        ("maria@", "This e-mail address is not complete."),
        ("", "We need an e-mail address to send your tickets to."),
        (TYPO.upper(), "Mails to this address come back."),
        ("<b>@x", "This e-mail address is not complete."),
    ],
)
def test_a_wrong_correction_is_shown_with_what_was_typed(
    ana: Visitor, order: OrderView, typed: str, said: str
) -> None:
    status, page = correct(ana, order, typed)
    assert status == 422
    assert said in page
    assert f'value="{typed.replace("<b>", "&lt;b&gt;")}"' in page
    assert purchases.order(order.token).email == TYPO


def test_another_reader_of_the_page_does_not_see_the_address(app: Flask, order: OrderView) -> None:
    page = Visitor(app).get(links.order(order.token)).text
    assert NOTICE in page
    assert TYPO not in page
    assert "m•••a@nowhere.example" in page


def test_corrections_are_limited(ana: Visitor, order: OrderView) -> None:
    for _ in range(5):
        assert correct(ana, order, "maria@")[0] == 422
    status, page = correct(ana, order, RIGHT)
    assert status == 429
    assert "Too many tries." in page
    assert f'value="{RIGHT}"' in page


def test_the_pages_of_the_account_say_it_too(ana: Visitor, app: Flask) -> None:
    from tests.shop import account_forms
    from tests.users.account_data import make_account

    user = make_account()
    account_forms.sign_in(ana, user.email)
    for path in ("/account", "/account/orders"):
        assert "come back" not in ana.get(path).text
    with db.transaction():
        address_problems.record(user.email, "returned")
    for path in ("/account", "/account/orders"):
        assert f"E-mails to {user.email} come back." in ana.get(path).text
