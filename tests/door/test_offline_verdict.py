"""A door without network comes to the server's verdicts: the same texts, the same data, in Chromium."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

import pytest
from flask import Flask
from playwright.sync_api import Page
from sqlalchemy import text

from app.core import cache, db
from app.events.service import Screening
from app.tickets import qr, signing_keys
from tests.door.door_fixtures import (
    SCAN_CASES,
    another_screening,
    delete_tickets,
    issue_tickets,
    make_door_screening,
)
from tests.door.offline_fixtures import OfflineDoor
from tests.door.offline_script import DoorScript
from tests.tickets.conftest import admit, retire_keys
from tests.tickets.keyboard_layouts import invert_shift, type_on_layout

# What a door cannot tell apart without the server: it has only today's screenings of its own site.
SAME = {"not_here": {"other_day", "other_cinema"}, "unknown_code": {"unknown"}}


def _admitted_by(change: str) -> Callable[[Screening], str]:
    """A ticket that was admitted, and then changed."""

    def scan(screening: Screening) -> str:
        ticket = issue_tickets(screening)[0]
        admit(ticket.qr_text, screening_id=screening.id)
        with db.transaction() as session:
            session.execute(text(f"update tickets.tickets set {change} where id = :id"), {"id": ticket.id})
        return ticket.qr_text

    return scan


def _too_early(screening: Screening) -> str:
    return issue_tickets(another_screening(screening, starts_in=timedelta(minutes=30), room="Sala 5"))[
        0
    ].qr_text


def _over(screening: Screening) -> str:
    ended = another_screening(screening, starts_in=-timedelta(minutes=160), room="Sala 6")
    return issue_tickets(ended)[0].qr_text


def _another_site(screening: Screening) -> str:
    return issue_tickets(screening, screening_id=screening.id + 700, cinema_id=screening.cinema.id + 1)[
        0
    ].qr_text


def _retired_key(screening: Screening) -> str:
    ticket = issue_tickets(screening)[0]
    with db.transaction() as session:
        session.execute(text("update tickets.signing_keys set retired_at = now()"))
    signing_keys.clear_cache()
    return ticket.qr_text


def _re_signed(screening: Screening) -> str:
    ticket = issue_tickets(screening)[0]
    retire_keys()
    with db.reading() as session:
        texts = session.execute(text("select qr_text from tickets.tickets where id = :id"), {"id": ticket.id})
        return str(texts.scalar_one())


MORE_CASES: dict[str, Callable[[Screening], str]] = {
    "by code": lambda screening: issue_tickets(screening)[0].code,
    "by code with dashes": lambda screening: "-".join(issue_tickets(screening)[0].code),
    "a prefix": lambda screening: "]Q1" + issue_tickets(screening)[0].qr_text,
    "AZERTY": lambda screening: type_on_layout(issue_tickets(screening)[0].qr_text, "US", "AZERTY"),
    "QWERTZ": lambda screening: type_on_layout(issue_tickets(screening)[0].qr_text, "QWERTZ", "US"),
    "inverted Shift": lambda screening: invert_shift(issue_tickets(screening)[0].qr_text, "ABNT2"),
    "Russian": lambda screening: type_on_layout(issue_tickets(screening)[0].qr_text, "US", "Russian"),
    "a word": lambda screening: "pipoca",
    "back from outside": _admitted_by("state = 'outside', left_at = now()"),
    "undone": _admitted_by("state = 'valid', admitted_at = null, gate = null"),
    "another site": _another_site,
    "too early": _too_early,
    "over": _over,
    "blocked key": _retired_key,
    "re-signed": _re_signed,
}
# "a day gone by" is a screening of another day that ends today, which the programme cannot have.
TEXTS = {name: case[0] for name, case in SCAN_CASES.items() if name != "a day gone by"} | MORE_CASES


@pytest.fixture
def door(new_page: Callable[..., Page]) -> DoorScript:
    return DoorScript(new_page())


def _delete_other_screenings(screening: Screening) -> None:
    kept = {"id": screening.id, "room": screening.auditorium_id}
    with db.transaction() as session:
        session.execute(text("delete from events.screenings where id <> :id"), kept)
        session.execute(text("delete from events.auditoriums where id <> :room"), kept)
    cache.clear_all()


def test_every_verdict_is_the_servers(app: Flask, door: DoorScript) -> None:
    """At the screening's own door and at the door of the whole site."""
    screening = make_door_screening()
    device = OfflineDoor(app, screening)
    for name, make in TEXTS.items():
        for at_screening in (True, False):
            _delete_other_screenings(screening)
            typed = make(screening)
            cache.clear_all()
            door.take(device.snapshot())
            here = {"screening": screening.id} if at_screening else {"site": screening.cinema.id}
            said = door.verdict(typed, **here)
            server = admit(
                typed,
                screening_id=screening.id if at_screening else None,
                cinema_id=screening.cinema.id,
            ).verdict
            assert server in SAME.get(said, {said}), (name, at_screening, said, server)
            delete_tickets()


def test_other_days_and_cinemas_are_told_apart_by_their_screenings(app: Flask, door: DoorScript) -> None:
    screening = make_door_screening()
    later = another_screening(screening, starts_in=timedelta(days=2))
    before = another_screening(screening, starts_in=-timedelta(days=2))
    night = another_screening(screening, starts_in=timedelta(days=2, hours=12))  # it is noon now
    another = make_door_screening()
    texts = {one.id: issue_tickets(one)[0].qr_text for one in (later, before, another)}
    device = OfflineDoor(app, screening)
    snapshot = device.snapshot()
    assert "elsewhere" not in device.changes(snapshot["cursor"]), "it comes with a snapshot alone"
    rows = {row[0]: row for row in snapshot["elsewhere"]["screenings"]}
    for one in (later, night):
        day = snapshot["elsewhere"]["days"][rows[one.id][2]]
        shown = (day["short"], day["weekday"], day["long"])
        at = one.showtime
        assert shown == (at.day_short("en"), at.weekday("en"), at.day_long("en")), "the words of the server"
    assert night.showtime.is_after_midnight
    door.take(snapshot)
    for of, said, server in (
        (later, "other_day", "other_day"),
        (before, "past_day", "other_day"),
        (another, "other_cinema", "other_cinema"),
    ):
        for here in ({"screening": screening.id}, {"site": screening.cinema.id}):
            assert door.verdict(texts[of.id], **here) == said
        assert admit(texts[of.id], cinema_id=screening.cinema.id).verdict == server


def test_a_ticket_sold_after_the_data_is_let_in(app: Flask, door: DoorScript) -> None:
    screening = make_door_screening()
    ticket = issue_tickets(screening)[0]
    door.take(OfflineDoor(app, screening).snapshot() | {"tickets": []})
    assert door.verdict(ticket.qr_text, screening=screening.id) == "admitted"
    assert door.verdict(ticket.code, screening=screening.id) == "unknown_code"
    assert door.verdict(ticket.qr_text, site=screening.cinema.id + 1) == "not_here"


def test_a_newer_qr_than_the_data_knows_is_let_in(app: Flask, door: DoorScript) -> None:
    screening = make_door_screening()
    ticket = issue_tickets(screening)[0]
    door.take(OfflineDoor(app, screening).snapshot())
    payload, _ = qr.decode(ticket.qr_text)
    newer = qr.Payload(**{name: getattr(payload, name) for name in payload.__slots__} | {"revision": 2})
    signed = qr.sign(newer, signing_keys.signing_key().private)
    assert door.verdict(signed, screening=screening.id) == "admitted"
