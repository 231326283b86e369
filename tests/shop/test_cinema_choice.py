"""The cinema that somebody goes to is remembered on the device, and changed or taken off by one tap."""

from __future__ import annotations

import re

import pytest
from flask.testing import FlaskClient

from tests.shop.programme_pages import get_page, showtimes

OURS = {"Sec-Fetch-Site": "same-origin"}


def choose(client: FlaskClient, cinema: str, page: str = "/", **headers: str) -> str:
    """Where the page's own button leads."""
    answer = client.post("/cinema", data={"cinema": cinema, "next": page}, headers=OURS | headers)
    assert answer.status_code == 303
    return answer.location


def test_the_chosen_cinema_is_remembered(client: FlaskClient, evening: dict[str, int]) -> None:
    assert len(showtimes(get_page(client, "/"))) == 3
    assert choose(client, "praia") == "/?cinema=praia"
    for page in ("/", "/?after=1", "/films/aurora"):
        assert len(showtimes(get_page(client, page))) == 1, page
    assert len(showtimes(get_page(client, "/?cinema=centro"))) == 2, (
        "an address that somebody sent goes before"
    )
    assert len(showtimes(get_page(client, "/"))) == 1, "and changes nothing of what was chosen"
    assert choose(client, "", "/?cinema=praia&after=1") == "/?after=1"
    assert len(showtimes(get_page(client, "/"))) == 3


def test_one_tap_changes_it(client: FlaskClient, evening: dict[str, int]) -> None:
    choose(client, "praia")
    for page in ("/", "/films/aurora"):
        filters = re.findall(
            r'<button class="filter" name="cinema" value="(\w*)"( aria-current)?', get_page(client, page)
        )
        assert filters == [("", " aria-current"), ("centro", "")], page


def test_the_other_choices_stay(client: FlaskClient, evening: dict[str, int]) -> None:
    here = "/films/aurora?version=dubbed&cinema=centro"
    assert choose(client, "praia", here) == "/films/aurora?version=dubbed&cinema=praia"


@pytest.mark.parametrize("cinema", ["nowhere", "<b>", "x" * 5000, "centro\r\nSet-Cookie: a=b"])
def test_a_cinema_that_there_is_not(client: FlaskClient, evening: dict[str, int], cinema: str) -> None:
    assert choose(client, cinema) == "/"
    client.set_cookie(
        "cinema", cinema.split("\r")[0][:3000] if cinema != "centro\r\nSet-Cookie: a=b" else "no"
    )
    assert len(showtimes(get_page(client, "/"))) == 3, "one that closed since is none"


def test_another_site_chooses_nothing(client: FlaskClient, evening: dict[str, int]) -> None:
    choose(client, "praia", **{"Sec-Fetch-Site": "cross-site"})
    assert len(showtimes(get_page(client, "/"))) == 3


@pytest.mark.parametrize("page", ["//evil.example/", "https://evil.example/", "/\\evil.example", ""])
def test_it_leads_nowhere_else(client: FlaskClient, evening: dict[str, int], page: str) -> None:
    assert choose(client, "praia", page) == "/?cinema=praia"
