"""Every error code of a form has a sentence in both languages; some forms have their own sentences."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from flask import Flask

from app.core.errors import Conflict, Invalid, TooMany
from app.orders.service import HalfPriceGone
from app.web import error_texts
from app.web.error_texts import ACCOUNT, WAITING_LIST, sentence

APP = Path(__file__).resolve().parents[2] / "app"
COMMAND_CODES = {
    "role.unknown", "payment.amount", "screening.reason",
    "partner.client_id", "partner.limit", "partner.name", "partner.scope",
}  # fmt: skip


def form_codes() -> set[str]:
    """The codes of `Invalid` errors in the code, without those that only commands raise."""
    found = set()
    for file in APP.rglob("*.py"):
        found |= set(re.findall(r'Invalid\(\s*"([a-z_]+\.[a-z_]+)"', file.read_text()))
    return found - COMMAND_CODES


@pytest.mark.parametrize("language", ["en", "pt-BR"])
def test_every_code_of_wrong_input_has_a_sentence(app: Flask, language: str) -> None:
    assert len(form_codes()) > 20
    with app.test_request_context(headers={"Accept-Language": language}):
        usual = sentence(Invalid("no.such_code"))
        without = {code for code in form_codes() if sentence(Invalid(code, most=3)) in (usual, "")}
        assert without == set()


def test_a_form_can_have_its_own_sentences(app: Flask) -> None:
    with app.test_request_context(headers={"Accept-Language": "en"}):
        missing = Invalid("email.missing", "email")
        assert sentence(missing).startswith("We need an e-mail address")
        assert sentence(missing, ACCOUNT) == "Where may we write to?"
        assert sentence(missing, WAITING_LIST) == "That is not an e-mail address."
        assert sentence(Invalid("seats.none"), WAITING_LIST) == sentence(Invalid("seats.none"))


def test_the_sentence_contains_the_values_of_its_error(app: Flask) -> None:
    with app.test_request_context(headers={"Accept-Language": "en"}):
        assert sentence(Invalid("gate.too_long", most=24)) == "At most 24 letters."
        assert sentence(HalfPriceGone(2, 9)).startswith("Only 2 half-price tickets are left")
        assert error_texts.out_of_stock(1) == "Only 1 is left."
        assert error_texts.wait(TooMany(61)) == "Too many tries. Try again in 2 minutes."


def test_an_unknown_code_has_a_general_sentence(app: Flask) -> None:
    with app.test_request_context(headers={"Accept-Language": "en"}):
        assert sentence(Conflict("no.such_code")) == "That did not work. Please try again."
        assert sentence(TooMany(5)).startswith("Too many tries")


@pytest.mark.parametrize("status", [400, 403, 404, 405, 409, 413, 418, 422, 429, 500, 503])
def test_every_status_has_a_title_and_a_sentence(app: Flask, status: int) -> None:
    with app.test_request_context(headers={"Accept-Language": "en"}):
        title, words = error_texts.of_status(status)
        assert title
        assert words.endswith(".")
