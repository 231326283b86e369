"""The chosen cinema is stored on the device, and one tap changes or removes it."""

from __future__ import annotations

import re

import pytest
from flask.testing import FlaskClient

from tests.shop.programme_pages import get_page, showtimes

SAME_ORIGIN = {"Sec-Fetch-Site": "same-origin"}


def choose(client: FlaskClient, cinema: str, page: str = "/", **headers: str) -> str:
    """Submit the form of the page's button for this cinema; returns the answer's address."""
    answer = client.post("/cinema", data={"cinema": cinema, "next": page}, headers=SAME_ORIGIN | headers)
    assert answer.status_code == 303
    return answer.location


def test_the_chosen_cinema_is_stored_on_the_device(client: FlaskClient, evening: dict[str, int]) -> None:
    assert len(showtimes(get_page(client, "/"))) == 3
    assert choose(client, "praia") == "/?cinema=praia"
    for page in ("/", "/?after=1", "/films/aurora"):
        assert len(showtimes(get_page(client, page))) == 1, page
    assert len(showtimes(get_page(client, "/?cinema=centro"))) == 2, "an address with a cinema has precedence"
    assert len(showtimes(get_page(client, "/"))) == 1, "the address does not change the stored choice"
    assert choose(client, "", "/?cinema=praia&after=1") == "/?after=1"
    assert len(showtimes(get_page(client, "/"))) == 3


def test_one_tap_changes_the_cinema(client: FlaskClient, evening: dict[str, int]) -> None:
    choose(client, "praia")
    for page in ("/", "/films/aurora"):
        filters = re.findall(
            r'<button class="filter" name="cinema" value="(\w*)"( aria-current)?', get_page(client, page)
        )
        assert filters == [("", " aria-current"), ("centro", "")], page


def test_a_change_of_the_cinema_keeps_the_other_filters(client: FlaskClient, evening: dict[str, int]) -> None:
    here = "/films/aurora?version=dubbed&cinema=centro"
    assert choose(client, "praia", here) == "/films/aurora?version=dubbed&cinema=praia"


@pytest.mark.parametrize("cinema", ["nowhere", "<b>", "x" * 5000, "centro\r\nSet-Cookie: a=b"])
def test_an_unknown_cinema_is_ignored(client: FlaskClient, evening: dict[str, int], cinema: str) -> None:
    assert choose(client, cinema) == "/"
    client.set_cookie(
        "cinema", cinema.split("\r")[0][:3000] if cinema != "centro\r\nSet-Cookie: a=b" else "no"
    )
    assert len(showtimes(get_page(client, "/"))) == 3, "a cinema that closed is ignored"


def test_another_site_cannot_choose_a_cinema(client: FlaskClient, evening: dict[str, int]) -> None:
    choose(client, "praia", **{"Sec-Fetch-Site": "cross-site"})
    assert len(showtimes(get_page(client, "/"))) == 3


@pytest.mark.parametrize("page", ["//evil.example/", "https://evil.example/", "/\\evil.example", ""])
def test_the_choice_redirects_to_our_own_pages_only(
    client: FlaskClient, evening: dict[str, int], page: str
) -> None:
    assert choose(client, "praia", page) == "/?cinema=praia"
