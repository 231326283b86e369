"""One code of an authenticator app, typed twice at once: one sign-in. Without its condition each code signs in."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial

import pyotp
import pytest
from sqlalchemy import text

from app.core import db
from app.core.config import Settings
from app.core.errors import Invalid
from app.users import second_factor
from app.users import service as users
from tests.races.concurrency import of_kind, run_at_once
from tests.users.account_data import PASSWORD, make_account

SIGN_INS = 4


@pytest.fixture
def user_id(database: str, settings: Settings) -> Iterator[int]:
    db.connect(database, pool_size=20)
    yield make_account("gil@example.org", role="manager").id
    db.connect(database, pool_size=settings.database.pool_size)


def use(user_id: int, code: str) -> None:
    with db.transaction() as session:
        second_factor.use_code(user_id, code)
        session.execute(text("select pg_sleep(0.1)"))


def sign_ins_with_one_code(user_id: int) -> int:
    with db.transaction() as session:
        users.begin_second_factor(user_id, PASSWORD)
        key = users.app_key(user_id, "gil").text.replace(" ", "")
        now = session.execute(text("select extract(epoch from clock_timestamp())")).scalar_one()
    results = run_at_once([partial(use, user_id, pyotp.TOTP(key).at(int(now))) for _ in range(SIGN_INS)])
    refused = of_kind(results, Invalid)
    assert len(refused) == len(of_kind(results, Exception)), results
    return SIGN_INS - len(refused)


def test_a_code_signs_in_once(user_id: int) -> None:
    assert sign_ins_with_one_code(user_id) == 1


def test_control_without_the_condition_each_code_signs_in(
    user_id: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    unguarded = second_factor._USE_STEP.replace("and (last_step is null or last_step < :step)", "")
    assert unguarded != second_factor._USE_STEP
    monkeypatch.setattr(second_factor, "_USE_STEP", unguarded)
    assert sign_ins_with_one_code(user_id) > 1
