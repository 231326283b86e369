"""`import-programme --change-sold`: each buyer gets one mail, with what differs."""

from __future__ import annotations

from pathlib import Path

import pytest

from app.web import links
from tests.cli.small_programme import change_sold
from tests.cli.sold_screening import bought, import_small_programme, later_mails, text_of
from tests.orders import purchases

pytestmark = pytest.mark.usefixtures("app")

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


@pytest.fixture(autouse=True)
def programme(app: object, tmp_path: Path) -> Path:
    return import_small_programme(tmp_path)


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
