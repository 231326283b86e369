"""A person of an identity provider whose first two requests come at once: one account, found by both.

Without its `on conflict`, each of the two statements makes the second request fail.
"""

from __future__ import annotations

from functools import partial

import pytest

from app.core import db
from app.users import external_subjects
from app.users import service as users
from tests.races.concurrency import commit_while_the_other_waits

ISSUER = "https://identity.example"
adopt = partial(users.adopt_subject, ISSUER, "ana", "ana@example.org", "Ana", "pt_BR")


def test_two_first_requests_find_one_account(database: str) -> None:
    commit_while_the_other_waits(adopt, adopt)
    with db.reading():
        assert users.account_of_subject(ISSUER, "ana") == users.account_of("ana@example.org")


@pytest.mark.parametrize(
    ("statement", "guard"),
    [
        ("_MAKE", "on conflict (lower(email)) do nothing"),
        ("_REMEMBER", "on conflict (issuer, subject) do nothing"),
    ],
)
def test_control_without_its_guard_the_second_fails(
    database: str, monkeypatch: pytest.MonkeyPatch, statement: str, guard: str
) -> None:
    guarded = getattr(external_subjects, statement)
    monkeypatch.setattr(external_subjects, statement, guarded.replace(guard, ""))
    assert guard in guarded
    with pytest.raises(AssertionError, match="UniqueViolation"):
        commit_while_the_other_waits(adopt, adopt)
