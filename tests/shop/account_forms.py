"""Fill in and read the forms of the account pages."""

from __future__ import annotations

import html
import re

from werkzeug.test import TestResponse

from tests.shop.visitor import Visitor
from tests.users.account_data import PASSWORD

FIELD_ERROR = re.compile(r'<p class="error" id="([a-z]+)-error">([^<]+)</p>')


def sign_in(visitor: Visitor, email: str = "ana@example.org", **more: str) -> TestResponse:
    return visitor.post("/account/sign-in", {"email": email, "password": PASSWORD} | more)


def field_errors(answer: TestResponse) -> dict[str, str]:
    return {name: html.unescape(words) for name, words in FIELD_ERROR.findall(answer.text)}


def field_value(answer: TestResponse, name: str) -> str:
    found = re.search(rf'name="{name}" type="\w+"\s+value="([^"]*)"', answer.text)
    assert found is not None, answer.text
    return html.unescape(found[1])
