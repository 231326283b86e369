"""Access tokens of an identity provider: partners by their client, people by their account and groups."""

from __future__ import annotations

import time
from typing import Any

import pytest
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from app.core import config, db
from app.core.actor import Actor
from app.core.config import Settings
from app.users import service as users
from app.users.service import WrongPassword
from tests.adapters.identity_provider import AUDIENCE, ISSUER, Provider
from tests.api.buyer import BASE, BUYER, Buyer, free_seats
from tests.api.token_holder import Holder, partner, person, register


def code_of(answer: TestResponse, status: int) -> str:
    assert (answer.status_code, answer.mimetype) == (status, "application/problem+json"), answer.text
    return str(answer.get_json()["code"])


def test_an_account_is_made_at_the_first_use(client: FlaskClient, provider: Provider) -> None:
    ana = person(client, provider)
    assert ana.get("/me").get_json() == {
        "name": "Ana",
        "email": "ana@example.org",
        "email_verified": True,
        "language": "pt-BR",
        "roles": ["customer"],
    }
    with db.reading():
        made = users.account_of_subject(ISSUER, "ana")
        assert ISSUER in str(users.export_account(made.id)["external_subjects"])
    later = person(client, provider, email="other@example.org", name="Other")
    assert later.get("/me").get_json()["email"] == made.email, "the account stays the person's"
    assert client.get(f"{BASE}/me").status_code == 401


@pytest.mark.parametrize(
    "claims", [{"email_verified": False}, {"email": None}, {"email": "ana"}, {"sub": ""}]
)
def test_a_person_without_a_verified_email_has_no_account(
    client: FlaskClient, provider: Provider, claims: dict[str, Any]
) -> None:
    assert code_of(person(client, provider, **claims).get("/me"), 403) == "account.unknown"


def test_the_account_with_the_same_email_is_theirs(client: FlaskClient, provider: Provider) -> None:
    with db.transaction():
        known = users.make_account("Ana@example.org", "Ana Lima", "uma frase comprida")
    assert person(client, provider).get("/me").get_json()["name"] == "Ana Lima"
    with db.transaction():
        assert users.sign_in("ana@example.org", "uma frase comprida", Actor()).id == known.id


def test_a_password_set_by_a_stranger_ends(client: FlaskClient, provider: Provider) -> None:
    """Somebody else may have signed up with this e-mail, and never verified it."""
    with db.transaction():
        users.make_account("ana@example.org", "Stranger", "uma frase comprida", verified=False)
    assert person(client, provider).get("/me").status_code == 200
    with pytest.raises(WrongPassword), db.transaction():
        users.sign_in("ana@example.org", "uma frase comprida", Actor())


def test_groups_give_roles(client: FlaskClient, provider: Provider) -> None:
    rosa = person(client, provider, "rosa", "manager", "staff", "unheard-of")
    assert rosa.get("/me").get_json()["roles"] == ["door", "manager"]
    cognito: dict[str, Any] = {
        "groups": None,
        "cognito:groups": ["supervisor"],
        "aud": None,
        "token_use": "access",
    }
    in_cognito = person(client, provider, "rosa", **cognito, client_id=AUDIENCE)
    assert in_cognito.get("/me").get_json()["roles"] == ["supervisor"]


def test_a_person_of_another_client_is_refused(client: FlaskClient, provider: Provider) -> None:
    """A user pool of Cognito has clients that are not ours; a partner's client gets no rights of people."""
    register("movies")
    for client_id in ("another", "movies"):
        claims: dict[str, Any] = {"aud": None, "token_use": "access", "client_id": client_id}
        assert code_of(person(client, provider, **claims).get("/me"), 401) == "token.invalid"


def test_a_partner_reaches_its_own_orders_alone(client: FlaskClient, provider: Provider) -> None:
    made, _ = register("movies"), register("tickets")
    movies, tickets = partner(client, provider, "movies"), partner(client, provider, "tickets")
    began = movies.begin()
    assert began.status_code == 201, began.text
    order = f"/orders/{began.get_json()['token']}"
    assert movies.get(order).status_code == 200
    for other in (tickets.get(order), tickets.delete(order), client.get(BASE + order)):
        assert code_of(other, 404) == "not_found"
    assert person(client, provider).get(order).status_code == 404
    assert movies.delete(order).status_code == 204
    with db.reading():
        from app.orders import service as orders

        assert orders.order(began.get_json()["token"]).partner_id == made.id


@pytest.mark.parametrize(
    ("registered", "scope"), [((), "bilheteria/orders.write"), (("bilheteria/orders.write",), "email")]
)
def test_token_and_registration_must_both_allow(
    client: FlaskClient, provider: Provider, registered: tuple[str, ...], scope: str
) -> None:
    register("movies", registered)
    answer = partner(client, provider, scope=scope).begin()
    assert code_of(answer, 403) == "token.scope"
    assert "bilheteria/orders.write" in answer.headers["WWW-Authenticate"]


def test_a_partner_that_is_unknown_or_blocked_is_refused(client: FlaskClient, provider: Provider) -> None:
    movies = partner(client, provider)
    assert code_of(movies.get("/films"), 401) == "token.invalid"
    register("movies")
    assert movies.get("/films").status_code == 200
    with db.transaction():
        users.block_partner("movies")
    assert code_of(movies.get("/films"), 403) == "partner.blocked"


def test_a_partner_sells_for_its_cinemas_alone(client: FlaskClient, provider: Provider) -> None:
    register("movies", site_ids=[999])
    assert code_of(partner(client, provider).begin(), 403) == "partner.site"


def test_a_partner_has_a_limit_of_its_own(client: FlaskClient, provider: Provider) -> None:
    register("movies", requests_per_minute=1)
    movies = partner(client, provider)
    assert movies.get("/films").headers["RateLimit-Policy"] == '"partner";q=1;w=60'
    answer = movies.get("/films")
    assert (code_of(answer, 429), int(answer.headers["Retry-After"]) >= 1) == ("too_many", True)
    assert client.get(f"{BASE}/films").status_code == 200


def test_a_token_that_has_ended_says_so(client: FlaskClient, provider: Provider) -> None:
    answer = person(client, provider, exp=1_000_000_000).get("/films")
    assert code_of(answer, 401) == "token.expired"
    assert 'error="invalid_token"' in answer.headers["WWW-Authenticate"]


def test_the_clock_of_this_machine_does_not_count(
    client: FlaskClient, provider: Provider, monkeypatch: pytest.MonkeyPatch
) -> None:
    ana = person(client, provider, exp=int(time.time()) + 600)
    real_time = time.time
    monkeypatch.setattr(time, "time", lambda: real_time() + 15 * 60)
    assert ana.get("/me").status_code == 200


@pytest.mark.parametrize("claims", [{"aud": "other"}, {"iss": "https://other.example"}, {"token_use": "id"}])
def test_a_token_for_others_is_refused(
    client: FlaskClient, provider: Provider, claims: dict[str, Any]
) -> None:
    assert code_of(person(client, provider, **claims).get("/films"), 401) == "token.invalid"


def test_an_unreachable_provider_is_no_fault_of_the_token(
    client: FlaskClient, provider: Provider, settings: Settings
) -> None:
    address = provider.address.replace("jwks.json", "gone.json")  # no key of it was ever read
    config.use(settings.changed(identity={"issuer": ISSUER, "jwks": address, "audiences": (AUDIENCE,)}))
    provider.status = 503
    answer = person(client, provider).get("/me")
    assert (code_of(answer, 503), int(answer.headers["Retry-After"]) >= 1) == ("service_unavailable", True)
    assert client.get(f"{BASE}/films").status_code == 200


def test_without_an_issuer_no_token_is_accepted(
    client: FlaskClient, provider: Provider, settings: Settings
) -> None:
    config.use(settings)
    assert code_of(person(client, provider).get("/films"), 401) == "token.invalid"


def test_own_orders_in_pages(client: FlaskClient, provider: Provider) -> None:
    ana, rosa = person(client, provider), person(client, provider, "rosa")
    tokens = [ana.begin().get_json()["token"] for _ in range(3)]
    first = ana.get("/me/orders?limit=2").get_json()
    second = ana.get(f"/me/orders?limit=2&cursor={first['next']}").get_json()
    assert [one["token"] for one in first["items"] + second["items"]] == tokens[::-1]
    assert second["next"] is None
    assert rosa.get("/me/orders").get_json() == {"items": [], "next": None}
    assert code_of(rosa.get(f"/orders/{tokens[0]}"), 404) == "not_found"
    assert code_of(client.get(f"{BASE}/orders/{tokens[0]}"), 404) == "not_found"


def test_a_person_reaches_their_order_of_the_pages(client: FlaskClient, provider: Provider) -> None:
    from app.orders import service as orders

    ana, rosa = person(client, provider), person(client, provider, "rosa")
    ana.get("/me")
    with db.transaction():
        account = users.account_of_subject(ISSUER, "ana")
        screening, free = free_seats()
        buyer = Actor(visitor="ana", user_id=account.id)
        started = orders.start_with_seats(screening, free[:1], buyer, once="a-page-of-ana")
    assert ana.get(f"/orders/{started.token}").status_code == 200
    assert rosa.get(f"/orders/{started.token}").status_code == 404


def test_a_buyer_reads_an_order_with_their_email_and_does_not_change_it(
    client: FlaskClient, provider: Provider
) -> None:
    register("movies")
    movies, ana, rosa = partner(client, provider), person(client, provider), person(client, provider, "rosa")
    order = movies.begin().get_json()
    address = f"/orders/{order['token']}"
    seats = [{"seat": one["seat"], "type": "full"} for one in order["seats"]]
    types = {"seats": seats, "age_confirmed": True}
    assert client.put(BASE + f"{address}/types", json=types, headers=movies.headers).status_code == 200
    assert ana.get(address).status_code == 404
    paid = Buyer(client).post(f"{address}/payments", BUYER | {"total": order["total"]}, **movies.headers)
    assert paid.status_code == 202, paid.text
    assert [one["token"] for one in ana.get("/me/orders").get_json()["items"]] == [order["token"]]
    statuses = [ana.get(address).status_code, ana.delete(address).status_code, rosa.get(address).status_code]
    assert statuses == [200, 404, 404]


def test_managers_list_rename_and_revoke_devices(client: FlaskClient, provider: Provider) -> None:
    with db.transaction():
        token = users.register_door(1, "Gate A", 7)
        device = users.authenticate_device(token)
    gil = person(client, provider, "gil", "manager")
    (found,) = gil.get("/devices").get_json()["items"]
    assert (found["id"], found["kind"], found["name"]) == (str(device.id), "door", "Gate A")
    assert gil.patch(f"/devices/{device.id}", {"name": "Gate B"}).get_json()["name"] == "Gate B"
    assert code_of(gil.patch(f"/devices/{device.id}", {"name": " "}), 422) == "device.name_missing"
    assert gil.delete(f"/devices/{device.id}").status_code == 204
    assert gil.get("/devices").get_json()["items"] == []
    assert Holder(client, token).get("/films").status_code == 401
    for gone in (gil.delete(f"/devices/{device.id}"), gil.patch(f"/devices/{device.id}", {"name": "C"})):
        assert code_of(gone, 404) == "not_found"


@pytest.mark.parametrize("group", ["customer", "staff", "supervisor"])
def test_devices_are_for_managers(client: FlaskClient, provider: Provider, group: str) -> None:
    rosa = person(client, provider, "rosa", group)
    assert code_of(rosa.get("/devices"), 403) == "token.scope"
    assert code_of(client.get(f"{BASE}/devices"), 401) == "token.missing"
