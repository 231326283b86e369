"""The cost of a password's hash, and hashes of other costs."""

from __future__ import annotations

import pytest
from argon2 import PasswordHasher

from app.core import db
from app.core.actor import Actor
from app.users import passwords
from app.users import service as users
from tests.users.account_data import PASSWORD, make_account

COST = "$argon2id$v=19$m=19456,t=2,p=1$"  # OWASP's second option


@pytest.fixture
def as_in_production(production_hasher: PasswordHasher, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(passwords, "_hasher", production_hasher)


def stored(user_id: int) -> str:
    with db.reading():
        return passwords.stored_hash(user_id)


def sign_in(password: str = PASSWORD) -> int:
    with db.transaction():
        return users.sign_in("ana@example.org", password, Actor(address_key="home")).id


def test_a_hash_takes_two_passes_over_19_mib(database: str, as_in_production: None) -> None:
    ana = make_account()
    assert stored(ana.id).startswith(COST)
    assert sign_in() == ana.id
    with pytest.raises(users.WrongPassword):
        sign_in(f"{PASSWORD}!")


def test_a_hash_of_another_cost_matches_and_is_renewed(
    database: str, production_hasher: PasswordHasher, monkeypatch: pytest.MonkeyPatch
) -> None:
    ana = make_account()
    cheap = stored(ana.id)
    assert not cheap.startswith(COST)
    monkeypatch.setattr(passwords, "_hasher", production_hasher)
    assert sign_in() == ana.id
    renewed = stored(ana.id)
    assert renewed.startswith(COST)
    assert sign_in() == ana.id
    assert stored(ana.id) == renewed, "a hash of the right cost stays"
