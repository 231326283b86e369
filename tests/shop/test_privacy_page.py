"""The privacy page and the terms contain the periods and limits of the settings."""

from __future__ import annotations

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
            ["11 days after they ended", "12 days after they ended", "444 days", "55 days", "2,222 days"],
            "cannot be undone",
        ),
        (
            "pt_BR",
            [
                "11 dias depois que terminaram",
                "12 dias depois que terminaram",
                "444 dias",
                "55 dias",
                "2.222 dias",
            ],
            "não dá para desfazer",
        ),
    ],
)
def test_the_privacy_page_names_the_days_of_the_settings(
    app: Flask, settings: Settings, language: str, words: list[str], never: str
) -> None:
    config.use(
        settings.changed(
            retention={
                "unpaid_days": 11,
                "requests_days": 12,
                "pdf_days": 444,
                "pickup_days": 55,
                "buyer_days": 2222,
            }
        )
    )
    visitor = Visitor(app)
    visitor.client.set_cookie("language", language)
    page = " ".join(visitor.get("/privacy").text.split())
    for one in words:
        assert one in page
    assert never not in page


def test_the_terms_name_the_limits_of_the_settings(app: Flask, settings: Settings) -> None:
    config.use(
        settings.changed(holds={"minutes": 41, "extension_minutes": 42, "offer_minutes": 43, "max_seats": 44})
    )
    page = Visitor(app).get("/terms").text
    for number in ("41 min", "42 min", "43 min", "44 "):
        assert number in page
