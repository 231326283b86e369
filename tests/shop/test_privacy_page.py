"""The privacy page says how long data is kept, in the numbers that the clock goes by."""

from __future__ import annotations

from dataclasses import replace

import pytest
from flask import Flask

from app.core import config
from app.core.config import Settings
from tests.shop.visitor import Visitor


@pytest.mark.parametrize(
    ("language", "words", "never"),
    [
        (
            "en",
            ["11 days after they ended", "12 days after they ended", "444 days", "2,222 days"],
            "cannot be undone",
        ),
        (
            "pt_BR",
            ["11 dias depois que terminaram", "12 dias depois que terminaram", "444 dias", "2.222 dias"],
            "não dá para desfazer",
        ),
    ],
)
def test_it_names_the_days_of_the_settings(
    app: Flask, settings: Settings, language: str, words: list[str], never: str
) -> None:
    config.use(
        replace(settings, keep_unpaid_days=11, keep_requests_days=12, keep_pdf_days=444, keep_buyer_days=2222)
    )
    visitor = Visitor(app)
    visitor.client.set_cookie("language", language)
    page = visitor.get("/privacy").text
    for one in words:
        assert one in page
    assert never not in page
