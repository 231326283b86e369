"""The e-mail that somebody may type in at the kiosk after paying: it is sent once, and is forgotten with the visit."""

from __future__ import annotations

import pytest
from flask import Flask

from app.core import worker
from app.core.config import Settings
from app.dispatch import routes
from app.events.service import Screening
from kiosk import email
from tests.kiosk.kiosk_visitor import Kiosk, paired_kiosk
from tests.kiosk.test_purchase import count_dead_letters, pay
from tests.shop.visitor import order_at
from tests.users.account_data import mail_text, read_mails


def page_of(path: str) -> str:
    return f"/kiosk{path}/email"


def mails_about(settings: Settings, code: str) -> list[str]:
    worker.drain(routes(("orders", "tickets", "users")))
    return [str(mail["To"]) for mail in read_mails(settings.mail_folder) if code in mail_text(mail)]


def test_the_tickets_go_to_the_typed_address_once(
    kiosk: Kiosk, screening: Screening, settings: Settings
) -> None:
    path = pay(kiosk, screening)
    code = order_at(path).code
    assert page_of(path) in kiosk.get(path).text
    for typed in (" Ana@Example.ORG ", "other@example.org", "ana@example.org"):
        answer = kiosk.post(page_of(path), {"email": typed})
        assert (answer.status_code, answer.location) == (303, path)
    assert order_at(path).email == "ana@example.org"
    assert mails_about(settings, code) == ["ana@example.org"]
    assert count_dead_letters(order_at(path).id) == 0
    shown = kiosk.get(path).text
    assert "a•••a@example.org" in shown
    assert "ana@example.org" not in shown
    assert page_of(path) not in shown
    assert kiosk.get(page_of(path)).location == path


@pytest.mark.parametrize(
    "typed", ["", "ana", "ana@", "ana@@example.org", "a b@example.org", "x" * 300 + "@a.br"]
)
def test_an_address_that_cannot_be_is_shown_again_with_its_error(
    kiosk: Kiosk, screening: Screening, settings: Settings, typed: str
) -> None:
    path = pay(kiosk, screening)
    answer = kiosk.post(page_of(path), {"email": typed})
    assert answer.status_code == 422
    assert 'aria-invalid="true"' in answer.text
    assert f'value="{typed}"' in answer.text
    assert order_at(path).email is None
    assert mails_about(settings, order_at(path).code) == []


def test_only_the_visit_that_paid_the_order_may_add_an_address(
    app: Flask, kiosk: Kiosk, screening: Screening
) -> None:
    unpaid = kiosk.start(screening, "B1")
    path = pay(kiosk, screening)
    other = paired_kiosk(app, screening.cinema.id)
    other.begin_visit()
    for visitor, order in ((kiosk, unpaid), (other, path)):
        assert visitor.get(page_of(order)).status_code == 404
        assert visitor.post(page_of(order), {"email": "ana@example.org"}).status_code == 404
    kiosk.leave()
    kiosk.begin_visit()
    assert kiosk.post(page_of(path), {"email": "ana@example.org"}).status_code == 404
    assert order_at(path).email is None


def test_tries_are_limited_by_visit_and_by_kiosk(
    kiosk: Kiosk, screening: Screening, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = pay(kiosk, screening)
    for limit in ("TRIES_OF_A_VISIT", "TRIES_OF_A_KIOSK"):
        with monkeypatch.context() as patch:
            patch.setattr(email, limit, 1)
            kiosk.post(page_of(path), {"email": "ana"})
            answer = kiosk.post(page_of(path), {"email": "ana@example.org"})
        assert answer.status_code == 429
        assert 'value="ana@example.org"' in answer.text
    assert order_at(path).email is None
    assert kiosk.post(page_of(path), {"email": "ana@example.org"}).status_code == 303
