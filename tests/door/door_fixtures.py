"""Data for the tests of the door: signed-in staff, a screening, its tickets, and every verdict that a scan can get."""

from __future__ import annotations

import html
import re
import uuid
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from flask import Flask
from sqlalchemy import text
from werkzeug.test import TestResponse

from app.core import cache, db
from app.events import service as events
from app.events.service import Screening
from app.tickets import qr, service, signing_keys
from app.tickets.service import Ticket, TicketLine
from tests.actors import door_actor
from tests.reservations.auditoriums import make_screening
from tests.shop.visitor import Visitor
from tests.tickets.conftest import FULL, STUDENT, make_facts, noon_timezone
from tests.users.account_data import begin_session, make_account

SOON = timedelta(minutes=20)
VERDICT_KIND = re.compile(r'id="_verdict" class="verdict" data-verdict="(\w+)"')
ONCE = re.compile(r'name="once" value="([^"]+)"')
FIELD_ERROR = re.compile(r'<p class="error" id="([a-z]+)-error">([^<]+)</p>')


class Staff(Visitor):
    """The browser of a signed-in door account."""

    def __init__(self, app: Flask, language: str = "en", role: str = "door", email: str = "") -> None:
        super().__init__(app, language)
        self.email = email or f"{role}@example.org"
        self.account = make_account(self.email, role=role, name="Célia da Porta")
        self.client.set_cookie("language", "pt_BR" if language.startswith("pt") else language)
        with self.client.session_transaction() as session:
            session["_user_id"] = begin_session(self.account)

    def stand_at(self, screening: Screening, gate: str = "Portão 2") -> None:
        answer = self.post("/staff/place", {"place": f"screening-{screening.id}", "gate": gate})
        assert answer.status_code == 303, answer.text

    def send(self, code: str, **form: object) -> TestResponse:
        """POST the scan form with a new once-token; the answer is not followed."""
        fields: dict[str, object] = {"code": code, "once": uuid.uuid4().hex}
        return self.post("/staff/admissions", fields | form)

    def scan(self, code: str, **form: object) -> TestResponse:
        """POST the scan form and follow the redirect to the verdict."""
        sent = self.send(code, **form)
        if sent.status_code != 303:
            return sent
        return self.get(sent.location)


def make_door_screening(starts_in: timedelta = SOON) -> Screening:
    """A screening in a time zone where it is noon now, so that its day does not change during a test."""
    signing_keys.clear_cache()
    screening = make_screening("oooooooooo", starts_in=starts_in)
    with db.transaction() as session:
        session.execute(text("update events.cinemas set timezone = :zone"), {"zone": noon_timezone()})
    cache.clear_all()
    with db.reading():
        return events.screening(screening.id)


def another_screening(screening: Screening, *, starts_in: timedelta, room: str = "") -> Screening:
    """A screening of the same site, in the same auditorium or in a new one named `room`."""
    starts_at = datetime.now(UTC) + starts_in
    values: dict[str, object] = {"old": screening.id, "room": screening.auditorium_id, "starts": starts_at}
    with db.transaction() as session:
        if room:
            values["room"] = session.execute(
                text(
                    "insert into events.auditoriums (cinema_id, label, name, stock, capacity)"
                    " values (:cinema, :name, :name, 'blue', 100) returning id"
                ),
                {"cinema": screening.cinema.id, "name": room},
            ).scalar_one()
        made = session.execute(
            text(
                "insert into events.screenings (film_id, auditorium_id, starts_at, ends_at, version)"
                " select film_id, :room, :starts, cast(:starts as timestamptz) + interval '153 minutes', 'subtitled'"
                " from events.screenings where id = :old returning id"
            ),
            values,
        ).scalar_one()
    cache.clear_all()
    with db.reading():
        return events.screening(made)


def issue_tickets(screening: Screening, *lines: TicketLine, **changes: Any) -> list[Ticket]:
    facts: dict[str, Any] = {
        "order_code": "LTZ-4720",
        "screening_id": screening.id,
        "cinema_id": screening.cinema.id,
        "cinema_name": screening.cinema.name,
        "auditorium_name": screening.auditorium_name,
        "starts_at": screening.starts_at,
        "ends_at": screening.ends_at,
        "timezone": screening.cinema.timezone,
    }
    with db.transaction():
        return service.issue(make_facts(**facts | changes), lines or (FULL, STUDENT))


def call_off(screening: Screening, reason: str = "O projetor quebrou.") -> None:
    with db.transaction():
        events.cancel_screening(screening.id, reason)
    cache.clear_all()


def revoke(ticket: Ticket) -> None:
    with db.transaction():
        service.revoke(ticket.order_id)


def age_admissions(**ago: int) -> None:
    """Move all scans and admissions into the past."""
    interval = timedelta(**ago)
    with db.transaction() as session:
        session.execute(text("update tickets.admissions set at = at - :ago"), {"ago": interval})
        session.execute(
            text("update tickets.tickets set admitted_at = admitted_at - :ago"), {"ago": interval}
        )


def delete_tickets() -> None:
    """Delete all tickets, so that the next case can issue the same seats."""
    with db.transaction() as session:
        session.execute(text("truncate tickets.tickets, tickets.issues, tickets.admissions cascade"))
        session.execute(text("delete from users.users where email = 'rosa@example.org'"))


def forged_qr(ticket: Ticket) -> str:
    return qr.sign(qr.decode(ticket.qr_text)[0], Ed25519PrivateKey.generate())


def qr_of_unknown_key() -> str:
    """A whole QR text, signed, whose key this installation does not have."""
    return qr.sign(qr.Payload(99, uuid.uuid4(), 41, 57, 0, 1), Ed25519PrivateKey.generate())


def _for_another_screening(screening: Screening, **where: Any) -> str:
    return issue_tickets(another_screening(screening, **where))[0].qr_text


def _for_another_day(screening: Screening, days: int) -> str:
    starts_at = screening.starts_at + timedelta(days=days)
    return issue_tickets(screening, screening_id=screening.id + 500, starts_at=starts_at)[0].qr_text


def _for_another_site(screening: Screening) -> str:
    site = screening.cinema.id + 1
    return issue_tickets(screening, cinema_id=site, cinema_name="Lanterna Boa Vista")[0].qr_text


def _already_admitted(screening: Screening) -> str:
    ticket = issue_tickets(screening)[1]
    with db.transaction():
        service.admit(ticket.qr_text, door_actor(_other_door_account().id), gate="Portão 1")
    age_admissions(minutes=21)
    return ticket.qr_text


def _other_door_account() -> Any:
    return make_account("rosa@example.org", role="door", name="Rosa Lima")


def _revoked(screening: Screening) -> str:
    ticket = issue_tickets(screening)[0]
    revoke(ticket)
    return ticket.qr_text


def _called_off(screening: Screening) -> str:
    gone = another_screening(screening, starts_in=timedelta(minutes=40), room="Sala 3")
    ticket = issue_tickets(gone)[0]
    call_off(gone)
    return ticket.qr_text


def _replaced(screening: Screening) -> str:
    ticket = issue_tickets(screening)[0]
    with db.transaction() as session:
        session.execute(text("update tickets.tickets set revision = 2 where id = :id"), {"id": ticket.id})
    return ticket.qr_text


# For each case: what makes the scanned text for a screening, the verdict's kind, its title in English and Portuguese.
SCAN_CASES: dict[str, tuple[Callable[[Screening], str], str, str, str]] = {
    "in": (lambda screening: issue_tickets(screening)[0].qr_text, "in", "Come in", "Pode entrar"),
    "in, half price": (lambda screening: issue_tickets(screening)[1].qr_text, "in", "Come in", "Pode entrar"),
    "already": (_already_admitted, "already", "Already in", "Já entrou"),
    "another room": (
        lambda screening: _for_another_screening(screening, starts_in=timedelta(minutes=25), room="Sala 4"),
        "elsewhere",
        "Go to Room 4",
        "Vá para: Sala 4",
    ),
    "another hour": (
        lambda screening: _for_another_screening(screening, starts_in=timedelta(hours=4)),
        "elsewhere",
        "Another time",
        "Outro horário",
    ),
    "another day": (
        lambda screening: _for_another_day(screening, 3),
        "elsewhere",
        "Another day",
        "Outro dia",
    ),
    "a day gone by": (
        lambda screening: _for_another_day(screening, -2),
        "refused",
        "Another day",
        "Outro dia",
    ),
    "another site": (
        lambda screening: (
            issue_tickets(screening, cinema_id=screening.cinema.id + 1, cinema_name="Lanterna Boa Vista")[
                0
            ].qr_text
        ),
        "elsewhere",
        "Another cinema",
        "Outro cinema",
    ),
    "revoked": (_revoked, "refused", "Ticket cancelled", "Foi cancelado"),
    "called off": (_called_off, "refused", "Screening called off", "Sessão cancelada"),
    "unknown": (lambda screening: "K7QF-2M9-XRT", "refused", "Not found", "Não existe"),
    "an order's code": (lambda screening: "ltz 4720", "refused", "Order code", "Código do pedido"),
    "forged": (lambda screening: forged_qr(issue_tickets(screening)[0]), "refused", "Forged QR", "QR falso"),
    "unknown key": (lambda screening: qr_of_unknown_key(), "refused", "Unknown key", "Chave estranha"),
    "cut": (
        lambda screening: issue_tickets(screening)[0].qr_text[:-9],
        "refused",
        "Scan again",
        "Leia de novo",
    ),
    "garbled": (
        lambda screening: issue_tickets(screening)[0].qr_text[:-9] + "~" * 9,
        "refused",
        "Read garbled",
        "Leitura trocada",
    ),
    "replaced": (_replaced, "refused", "Old QR", "QR antigo"),
}


def verdict_kind(answer: TestResponse) -> str:
    shown = (
        answer.text.partition('class="said"')[2] or answer.text
    )  # not the templates of a door without a network
    found = VERDICT_KIND.search(shown)
    return found[1] if found else ""


def verdict_title(answer: TestResponse) -> str:
    found = re.search(r"<h1[^>]*>([^<]+)</h1>", answer.text)
    assert found is not None, answer.text
    return " ".join(html.unescape(found[1]).split())


def verdict_text(answer: TestResponse) -> str:
    """The text of the verdict, without markup."""
    start = answer.text.index('id="_verdict"')
    part = re.split("<section|<template", answer.text[start : answer.text.find("</main>", start)])[0]
    return " ".join(html.unescape(re.sub(r"<[^>]*>", " ", part)).split())


def field_errors(answer: TestResponse) -> dict[str, str]:
    return {name: html.unescape(said) for name, said in FIELD_ERROR.findall(answer.text)}


def once_token(answer: TestResponse) -> str:
    found = ONCE.search(answer.text)
    assert found is not None
    return found[1]


def count_tries() -> int:
    with db.reading() as session:
        return session.execute(text("select count(*) from tickets.admissions")).scalar_one()


def counters(answer: TestResponse) -> list[int]:
    part = answer.text[answer.text.index('id="_counters"') :].partition("</p>")[0]
    return [int(number) for number in re.findall(r"<b>(\d+)</b>", part)]
