"""Forms of the scan page that are sent twice, late, or by htmx: each is one try, with its answer."""

from __future__ import annotations

import re

from flask import Flask

from app.door.scan import SHOWN_SECONDS
from app.events.service import Screening
from app.tickets import admission_log, scanned_text
from tests.door.door_fixtures import (
    Staff,
    age_admissions,
    count_tries,
    counters,
    field_errors,
    issue_tickets,
    once_token,
    verdict_kind,
    verdict_text,
)


def test_loading_the_answer_again_is_no_second_try(staff: Staff, screening: Screening) -> None:
    sent = staff.send(issue_tickets(screening)[0].code)
    assert sent.status_code == 303
    first, again = staff.get(sent.location), staff.get(sent.location)
    assert verdict_kind(first) == verdict_kind(again) == "in"
    assert verdict_text(again) == verdict_text(first)
    assert count_tries() == 1


def test_a_form_sent_twice_gets_one_answer(staff: Staff, screening: Screening) -> None:
    first, second = issue_tickets(screening)
    once = once_token(staff.get("/staff/scan"))
    sent = [staff.send(first.code, once=once) for _ in range(3)]
    assert len({answer.location for answer in sent}) == 1
    assert verdict_kind(staff.get(sent[0].location)) == "in"
    assert count_tries() == 1
    # The next ticket may be scanned before the page is replaced: the same form with another code.
    assert verdict_kind(staff.scan(second.code, once=once)) == "in"


def test_each_answer_has_a_new_form(staff: Staff, screening: Screening) -> None:
    ticket = issue_tickets(screening)[0]
    first = staff.scan(ticket.code)
    assert once_token(first) != once_token(staff.get("/staff/scan"))
    assert verdict_kind(staff.scan(ticket.code, once=once_token(first))) == "already"


def test_a_page_from_the_browsers_history_admits_nobody(staff: Staff, screening: Screening) -> None:
    ticket = issue_tickets(screening)[0]
    once = once_token(staff.get("/staff/scan"))
    assert verdict_kind(staff.scan(ticket.code, once=once)) == "in"
    age_admissions(seconds=admission_log.REPEAT_SECONDS + 1)
    assert verdict_kind(staff.scan(ticket.code, once=once)) == "already"


def test_an_old_answer_is_not_shown_for_the_next_person(staff: Staff, screening: Screening) -> None:
    sent = staff.send(issue_tickets(screening)[0].code)
    age_admissions(seconds=SHOWN_SECONDS + 1)
    answer = staff.get(sent.location)
    assert (answer.status_code, answer.location) == (303, "/staff/scan")


def test_an_answer_is_shown_to_its_account_only(app: Flask, staff: Staff, screening: Screening) -> None:
    sent = staff.send(issue_tickets(screening)[0].code)
    answer = Staff(app, email="rosa@example.org").get(sent.location)
    assert (answer.status_code, answer.location) == (303, "/staff/scan")
    for unknown in ("0", "999999", "9" * 40, "x", "1,x", ",", "٣", "1," * 99):
        assert staff.get(f"/staff/admissions/{unknown}").location == "/staff/scan"


def test_a_get_is_no_try(staff: Staff, screening: Screening) -> None:
    code = issue_tickets(screening)[0].code
    assert staff.get(f"/staff/scan?code={code}").status_code == 200
    assert staff.get(f"/staff/admissions?code={code}").location == "/staff/scan"
    assert count_tries() == 0


def test_htmx_gets_the_answer_as_a_partial(staff: Staff, screening: Screening) -> None:
    ticket = issue_tickets(screening)[0]
    answer = staff.post("/staff/admissions", {"code": ticket.code, "once": "x"}, **{"HX-Request": "true"})
    assert (answer.status_code, verdict_kind(answer)) == (200, "in")
    assert "<html" not in answer.text
    assert set(re.findall(r'id="(\w+)"', answer.text)) == {"_verdict", "_place", "_counters", "_actions"}
    assert counters(answer) == [1, 1, 2]
    assert verdict_kind(staff.get(answer.headers["HX-Replace-Url"])) == "in"


def test_htmx_gets_refusals_too(staff: Staff) -> None:
    answer = staff.post("/staff/admissions", {"code": ""}, **{"HX-Request": "true"})
    assert (answer.status_code, field_errors(answer)) == (
        422,
        {"code": "Scan a QR code, or type the ticket's code."},
    )
    assert "HX-Replace-Url" not in answer.headers


def test_several_codes_in_one_field_are_each_tried_and_shown(staff: Staff, screening: Screening) -> None:
    first, second = issue_tickets(screening)
    sent = staff.send(f"{first.qr_text}\t{second.qr_text}\tZZZZZZZZZZ\t")
    answer = staff.get(sent.location)
    assert verdict_kind(answer) == "refused", "nobody is waved through by somebody else's ticket"
    assert "3 codes came in one go" in verdict_text(answer)
    assert "Not found" in verdict_text(answer)
    assert verdict_text(answer).count("Come in") == 2
    for ticket in (first, second):
        assert ticket.seat_name in verdict_text(answer)
    assert "Half · student" in verdict_text(answer) or "Ask for" in verdict_text(answer)
    assert count_tries() == 3
    assert counters(answer)[0] == 2
    again = staff.get(sent.location)
    assert verdict_text(again) == verdict_text(answer)
    assert count_tries() == 3


def test_several_codes_by_htmx(staff: Staff, screening: Screening) -> None:
    first, second = issue_tickets(screening)
    form = {"code": f"{first.code}\n{second.code}", "once": "x"}
    answer = staff.post("/staff/admissions", form, **{"HX-Request": "true"})
    assert (answer.status_code, verdict_kind(answer)) == (200, "in")
    assert first.seat_name in verdict_text(answer)
    assert second.seat_name in verdict_text(answer)
    assert verdict_text(staff.get(answer.headers["HX-Replace-Url"])) in verdict_text(answer)


def test_too_many_codes_are_refused(staff: Staff, screening: Screening) -> None:
    codes = "\t".join("ABCDEFGH" + "23456789ABCDEFGHJKMN"[n % 20] + "23456789ABC"[n % 11] for n in range(30))
    answer = staff.post("/staff/admissions", {"code": codes, "once": "x"})
    assert answer.status_code == 422
    assert "too many codes" in field_errors(answer)["code"]
    assert count_tries() == 0


def test_the_tries_of_one_form_end_at_the_limit_of_misses(staff: Staff, screening: Screening) -> None:
    ticket = issue_tickets(screening)[0]
    for _ in range(scanned_text.MISSES_PER_MINUTE):
        staff.send("ZZZZZZZZZZ")
    answer = staff.post("/staff/admissions", {"code": f"{ticket.qr_text}\tYYYYYYYYYY", "once": "x"})
    assert answer.status_code == 429
    assert ticket.seat_name in verdict_text(answer), "the verdict names the admitted ticket"
    assert int(answer.headers["Retry-After"]) > 0
