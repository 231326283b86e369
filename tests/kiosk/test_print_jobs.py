"""The print jobs of a kiosk's order: whose they are, what stands on the sheets, and that the print agent takes them."""

from __future__ import annotations

import json
from typing import Any

import pytest
from flask import Flask

from app.core import db
from app.events.service import Screening
from app.orders import service as orders
from app.tickets import service as tickets
from kiosk.device.config import PrinterConfig
from kiosk.device.printing.code_page import printable
from kiosk.device.printing.documents import parse_job
from kiosk.device.printing.rendering import render
from tests.kiosk.kiosk_visitor import Kiosk, paired_kiosk
from tests.orders import purchases
from tests.orders.concessions import add_product
from tests.shop.visitor import FULL, HALF, Visitor, order_at, types_form

ACCENTED = "Coração de maçã, pão e café à moda"


def buy(kiosk: Kiosk, screening: Screening, *types: tuple[str, str]) -> str:
    """Buy A1 and A2 with a concession; returns the order's path."""
    product = add_product(screening, name=ACCENTED)
    path = kiosk.start(screening, "A1 A2")
    assert kiosk.post(f"{path}/types", types_form(path, *(types or (FULL, FULL)))).status_code == 303
    assert kiosk.post(f"{path}/concessions", {f"quantity-{product}": "2"}).status_code == 303
    assert kiosk.check_out(path, name="", email="").status_code == 303
    purchases.run_due_work()
    purchases.pay(order_at(path))
    return path


def address(path: str) -> str:
    return f"/kiosk{path}/print-jobs"


def read_jobs(kiosk: Kiosk, path: str) -> list[dict[str, Any]]:
    answer = kiosk.get(address(path))
    assert (answer.status_code, answer.headers["Cache-Control"]) == (200, "no-store")
    jobs: list[dict[str, Any]] = json.loads(answer.text)["jobs"]
    return jobs


def texts(job: dict[str, Any]) -> str:
    return "\n".join(
        " ".join(str(block.get(key, "")) for key in ("text", "left", "right")) for block in job["blocks"]
    )


def test_the_sheets_say_what_door_and_counter_need(kiosk: Kiosk, screening: Screening) -> None:
    path = buy(kiosk, screening, FULL, HALF)
    order = order_at(path)
    with db.reading():
        issued = tickets.of_order(order.id)
    *sheets, receipt = read_jobs(kiosk, path)
    assert [job["kind"] for job in (*sheets, receipt)] == ["ticket", "ticket", "receipt"]
    for sheet, ticket in zip(sheets, issued, strict=True):
        assert [block["data"] for block in sheet["blocks"] if block["type"] == "qr"] == [ticket.qr_text]
        said = texts(sheet)
        start = f"{screening.showtime.time('en')}  Room 2"
        for part in (screening.film.title, f"Seat {ticket.short_name}", ticket.serial, start):
            assert part in said
    assert "No document needed." in texts(sheets[0])
    assert "Student card (CIE) with photo" in texts(sheets[1])
    said = texts(receipt)
    assert said.count(order.code) == 2  # as a heading, and as the code that the counter asks for
    for part in ("1 x Full price", "1 x Half price", f"2 x {ACCENTED}", "Paid by Pix", "Total"):
        assert part in said


@pytest.mark.parametrize("columns", [32, 48])
def test_the_agent_prints_the_sheets_whole_on_narrow_and_wide_paper(
    kiosk: Kiosk, screening: Screening, columns: int
) -> None:
    kiosk.client.set_cookie("language", "pt_BR")
    for job in read_jobs(kiosk, buy(kiosk, screening, FULL, HALF)):
        sheet = render(parse_job(job), PrinterConfig(columns=columns))
        assert len(sheet) < 5000
        for block in job["blocks"]:
            if "text" in block:  # the printer's code page has every letter, with its accent
                assert printable(block["text"], "CP860") == block["text"].replace("\u00a0", " ")


def test_the_jobs_are_the_same_whenever_and_in_whatever_language_they_are_asked_for(
    kiosk: Kiosk, screening: Screening
) -> None:
    path = buy(kiosk, screening)
    jobs = read_jobs(kiosk, path)
    kiosk.client.set_cookie("language", "pt_BR")
    assert read_jobs(kiosk, path) == jobs
    assert len({job["id"] for job in jobs}) == len(jobs)


def test_only_the_visit_that_bought_the_order_gets_its_jobs(
    app: Flask, kiosk: Kiosk, screening: Screening
) -> None:
    path = kiosk.start(screening, "B1")
    assert kiosk.get(address(path)).status_code == 404  # it is not paid yet
    path = buy(kiosk, screening)
    assert kiosk.get(path).text.count(address(path)) == 1
    other = paired_kiosk(app, screening.cinema.id)
    other.begin_visit()
    for stranger in (other, Visitor(app)):
        assert stranger.get(address(path)).status_code == 404
    kiosk.leave()
    kiosk.begin_visit()
    assert kiosk.get(address(path)).status_code == 404


def test_an_order_that_was_cancelled_is_not_printed(kiosk: Kiosk, screening: Screening) -> None:
    path = buy(kiosk, screening)
    with db.transaction():
        orders.cancel(order_at(path).token)
    assert kiosk.get(address(path)).status_code == 404
