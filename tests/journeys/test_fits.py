"""What must fit, fits: on the narrowest phone, and with letters set as wide as readers may set them (WCAG 1.4.12)."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from flask import Flask
from playwright.sync_api import Page

from app.events.service import Screening
from tests.journeys.in_process import InProcess
from tests.orders import buying
from tests.reservations.rooms import ids, make_screening, plan_of
from tests.shop.visitor import Visitor

NARROW = {"viewport": {"width": 320, "height": 640}}


@pytest.fixture
def screening(app: Flask) -> Screening:
    return make_screening(*["oooooooooooo"] * 7)


@pytest.fixture(params=["en", "pt_BR"])
def phone(app: Flask, new_page: Callable[..., Page], request: pytest.FixtureRequest) -> InProcess:
    visitor = Visitor(app, request.param)
    visitor.client.set_cookie("language", request.param)
    return InProcess(new_page, visitor, locale=request.param.replace("_", "-"), **NARROW)


def test_a_ticket_keeps_off_its_perforation(phone: InProcess, screening: Screening) -> None:
    paid = buying.bought(screening, ids(plan_of(screening), "G10"))
    phone.open(paid.path)
    page = phone.page
    line = page.locator(".ticket .perforation").bounding_box()
    assert line
    for value in page.locator(".ticket .top-half b").all():
        box = value.bounding_box()
        assert box
        assert box["y"] + box["height"] <= line["y"] + 1, value.inner_text()
    assert page.evaluate("document.documentElement.scrollWidth") <= 320
