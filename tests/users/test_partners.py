"""Partners of the REST API: registered, changed, blocked; by the verbs and by the commands."""

from __future__ import annotations

import pytest
from flask import Flask
from flask.testing import FlaskCliRunner

from app.cli import register
from app.core import db
from app.core.errors import Invalid, NotFound
from app.users import service as users
from app.users.service import Partner

ORDERS = "bilheteria/orders.write"


def registered(client_id: str = "movies-4f2", scopes: tuple[str, ...] = (ORDERS,)) -> Partner:
    with db.transaction():
        return users.register_partner(client_id, "Movies & Co", scopes, site_ids=[2, 1, 2])


def test_a_registered_partner_is_found_by_its_client_id(database: str) -> None:
    made = registered()
    with db.reading():
        found = users.partner_of_client("movies-4f2")
        assert users.partner(made.id) == found == made
        with pytest.raises(NotFound):
            users.partner_of_client("MOVIES-4F2")
        with pytest.raises(NotFound):
            users.partner(made.id + 1)
    assert (found.name, found.scopes, found.is_active) == ("Movies & Co", frozenset([ORDERS]), True)
    assert (found.serves(1), found.serves(3)) == (True, False)


def test_a_partner_without_cinemas_acts_for_all(database: str) -> None:
    with db.transaction():
        made = users.register_partner("movies", "Movies", ())
    assert made.serves(3)


def test_a_blocked_partner_stays_and_is_let_in_again_by_registering_it(database: str) -> None:
    made = registered()
    with db.transaction():
        blocked = users.block_partner("movies-4f2")
        assert users.block_partner("movies-4f2") == blocked, "the first block counts"
    with db.reading():
        assert users.list_partners() == [blocked]
    assert not blocked.is_active
    again = registered(scopes=())
    assert (again.id, again.is_active, again.scopes) == (made.id, True, frozenset())


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"client_id": ""}, "partner.client_id"),
        ({"client_id": "a b"}, "partner.client_id"),
        ({"client_id": "a" * 129}, "partner.client_id"),
        ({"name": " \u200b"}, "partner.name"),
        ({"name": "a" * 81}, "partner.name"),
        ({"scopes": [ORDERS, "bilheteria/everything"]}, "partner.scope"),
        ({"requests_per_minute": 0}, "partner.limit"),
        ({"requests_per_minute": 100_001}, "partner.limit"),
    ],
)
def test_wrong_values_are_refused(database: str, changes: dict[str, object], code: str) -> None:
    values: dict[str, object] = {"client_id": "movies", "name": "Movies", "scopes": ()} | changes
    with pytest.raises(Invalid) as raised, db.transaction():
        users.register_partner(**values)  # type: ignore[arg-type]
    assert raised.value.code == code
    with db.reading():
        assert users.list_partners() == []


@pytest.fixture
def cli(app: Flask, demo: str) -> FlaskCliRunner:
    register(app)
    return app.test_cli_runner()


def test_the_commands(cli: FlaskCliRunner) -> None:
    def partners(*words: str) -> str:
        answer = cli.invoke(args=["partners", *words])
        assert answer.exit_code == 0, answer.output
        return answer.output

    assert partners() == "0 partners\n"
    with db.reading():
        from app.events import service as events

        slug = events.cinemas()[0].slug
    options = ("--scope", ORDERS, "--cinema", slug, "--limit", "60")
    assert partners("add", "movies-4f2", "--name", "Movies & Co", *options) == "movies-4f2 is Movies & Co\n"
    shown = partners("show", "movies-4f2")
    for said in (
        f"scopes      {ORDERS}",
        f"cinemas     {slug}",
        "60 requests a minute",
        "state       active",
    ):
        assert said in shown
    assert partners("block", "movies-4f2") == "movies-4f2 is blocked\n"
    assert "movies-4f2  Movies & Co  blocked since 20" in partners("list")
