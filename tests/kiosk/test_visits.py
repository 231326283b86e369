"""One visit after another at the same screen: what belongs to a visit ends with it."""

from __future__ import annotations

import re

from flask import Flask

from app.core import config, db
from app.core.config import Settings
from app.events.service import Screening
from app.reservations import service as reservations
from tests.kiosk.kiosk_visitor import Kiosk, paired_kiosk
from tests.reservations.auditoriums import seat_ids, seat_plan_of
from tests.shop.visitor import Visitor, order_at


def taken(screening: Screening) -> int:
    with db.reading():
        return len(reservations.seat_states(screening.id))


def start_payment(kiosk: Kiosk, screening: Screening, names: str = "A1") -> str:
    path = kiosk.start(screening, names)
    kiosk.choose_full(path)
    assert kiosk.check_out(path, name="", email="").status_code == 303
    return path


def test_a_touch_begins_a_visit_where_it_led(kiosk: Kiosk, screening: Screening) -> None:
    assert kiosk.begin_visit(f"/screenings/{screening.id}").location == f"/screenings/{screening.id}"
    assert kiosk.begin_visit("https://elsewhere.example/").location == "/kiosk/programme"


def test_giving_up_releases_the_seats_and_shows_the_first_page(kiosk: Kiosk, screening: Screening) -> None:
    kiosk.start(screening, "A1 A2")
    start_payment(kiosk, screening, "A3")
    assert taken(screening) == 3
    left = kiosk.leave()
    assert (left.status_code, left.location) == (303, "/kiosk")
    assert "storage" in left.headers["Clear-Site-Data"]
    assert "cookies" not in left.headers["Clear-Site-Data"], "the device's own must stay"
    assert taken(screening) == 0
    assert "data-kiosk" in kiosk.get("/kiosk").text


def test_an_idle_visit_releases_baskets_but_no_order_that_may_be_paid_now(
    kiosk: Kiosk, screening: Screening
) -> None:
    kiosk.start(screening, "A1 A2")
    paying = start_payment(kiosk, screening, "A3")
    kiosk.leave(idle="1")
    assert taken(screening) == 1
    assert order_at(paying).is_awaiting_payment


def test_the_next_person_sees_nothing_of_the_visit_before(kiosk: Kiosk, screening: Screening) -> None:
    path = start_payment(kiosk, screening)
    kiosk.leave(idle="1")
    kiosk.begin_visit()
    for page in (path, f"{path}/types", f"{path}/checkout", f"{path}/payment"):
        seen = kiosk.client.get(page, headers=kiosk.headers, follow_redirects=True).text
        assert not re.search(r"\bA1\b", re.sub(r"<[^>]*>", " ", seen)), page
    assert path not in kiosk.get(f"/screenings/{screening.id}").text


def test_a_visit_that_was_left_open_is_ended_by_the_first_page(kiosk: Kiosk, screening: Screening) -> None:
    kiosk.start(screening, "A1")
    page = kiosk.get("/kiosk").text
    assert 'action="/kiosk/leave" data-submit-now' in page
    kiosk.leave(idle="1")
    assert "data-submit-now" not in kiosk.get("/kiosk").text
    kiosk.begin_visit()
    kiosk.start(screening, "A2")
    kiosk.begin_visit()
    assert taken(screening) == 0, "a new visit ends the one before, too"


def test_modes_and_language_end_with_the_visit(kiosk: Kiosk) -> None:
    for mode in ("contrast", "low", "large", "low", "nonsense"):
        answer = kiosk.post("/kiosk/access", {"toggle": mode, "next": "/kiosk/programme"})
        assert answer.location == "/kiosk/programme"
    page = kiosk.get("/kiosk/programme").text
    head = page[: page.index("<head>")]
    assert [mode in head for mode in ("data-large", "data-contrast", "data-low")] == [True, True, False]
    assert 'lang="en"' in head
    kiosk.leave()
    head = kiosk.get("/kiosk").text.partition("<head>")[0]
    assert "data-contrast" not in head
    assert 'lang="pt-BR"' in head, "a kiosk speaks the cinema's language, whatever its browser asks for"


def test_what_was_chosen_on_the_first_page_belongs_to_the_visit_that_begins(
    kiosk: Kiosk, screening: Screening
) -> None:
    kiosk.leave()
    assert "data-idle" not in kiosk.get("/kiosk").text, "nothing has to be ended"
    kiosk.post("/kiosk/access", {"toggle": "listen", "next": "/kiosk"})
    kiosk.post("/language", {"language": "en", "next": "/kiosk"})
    first = kiosk.get("/kiosk").text
    assert "data-idle" in first, "nobody may come: the choices end by themselves"
    assert "data-reload" not in first, "a page that is loaded again would never be idle for long enough"
    kiosk.begin_visit()
    head = kiosk.get("/kiosk/programme").text.partition("<head>")[0]
    assert "data-listen" in head
    assert 'lang="en"' in head
    kiosk.post("/kiosk/visits", {"next": "/kiosk/programme"})
    head = kiosk.get("/kiosk/programme").text.partition("<head>")[0]
    assert "data-listen" not in head, "those of a visit that was left open end with it"


def test_limits_count_by_visit_and_by_device(
    app: Flask, kiosk: Kiosk, screening: Screening, settings: Settings
) -> None:
    """Neither a foyer behind one address nor a long evening reaches a limit of one browser."""
    config.use(settings.changed(holds={"max_per_visitor": 1, "max_per_address": 2}))
    elsewhere = Visitor(app)
    elsewhere.start(screening, "A1")
    start_payment(kiosk, screening, "A2")
    refused = kiosk.post_seats(screening, seat_ids(seat_plan_of(screening), "A3"))
    assert refused.status_code == 429, "one visit has the limit of one visitor"
    kiosk.leave(idle="1")
    kiosk.begin_visit()
    start_payment(kiosk, screening, "A3")
    for _ in range(3):  # visits that have ended count no more, however many they were
        kiosk.leave()
        kiosk.begin_visit()
        kiosk.start(screening, "A3")
    beside = paired_kiosk(app, screening.cinema.id)
    beside.begin_visit()
    beside.start(screening, "A4")


def test_where_nothing_fits_the_kiosk_says_so_at_once(
    kiosk: Kiosk, screening: Screening, settings: Settings
) -> None:
    config.use(settings.changed(holds={"max_seats": 12}))
    form = {"quantity": "11", "once": "one form of a test"}
    answer = kiosk.post(f"/screenings/{screening.id}/orders", form)
    assert answer.status_code == 409
    assert "no 11 free seats side by side" in answer.text
