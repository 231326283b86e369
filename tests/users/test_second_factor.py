"""The second factor of staff: codes of an app and recovery codes, each good once, limited in tries, recorded."""

from __future__ import annotations

from collections.abc import Callable

import pyotp
import pytest
from sqlalchemy import text

from app.core import config, db
from app.core.config import Settings
from app.core.errors import Conflict, Invalid, NotFound, TooMany
from app.users import handlers, second_factor
from app.users import service as users
from app.users.service import ProofExpired, User
from tests.users.account_data import PASSWORD, begin_session, is_signed_in, make_account

STEP = second_factor.STEP_SECONDS


class App:
    """An authenticator app with the account's key. Its codes are never those of a step before: each is good once."""

    def __init__(self, user: User) -> None:
        with db.transaction():
            users.begin_second_factor(user.id, PASSWORD)
        with db.reading():
            self.key = users.app_key(user.id, user.email)
        self._totp = pyotp.TOTP(self.key.text.replace(" ", ""))

    def code(self, steps: int = 0) -> str:
        """The code of the database's time now, or of `steps` later."""
        with db.reading() as session:
            now = session.execute(text("select extract(epoch from clock_timestamp())")).scalar_one()
        return self._totp.at(int(now), counter_offset=steps)


def unused(user: User) -> None:
    """Let the app's present code count again."""
    with db.transaction() as session:
        session.execute(
            text("update users.second_factors set last_step = 0 where user_id = :id"), {"id": user.id}
        )


def turn_on(user: User) -> tuple[App, list[str]]:
    app = App(user)
    with db.transaction():
        codes = users.confirm_second_factor(user.id, app.code())
    unused(user)
    return app, codes


def proof_of(user: User) -> str:
    with db.reading():
        proof = users.password_proof(user.id)
    assert proof is not None
    return proof


def sign_in(user: User, code: str, proof: str | None = None, browser_keys: tuple[str, ...] = ()) -> User:
    proof = proof or proof_of(user)
    with db.transaction():
        return users.sign_in_by_code(proof, code, browser_keys)


@pytest.fixture
def gil(database: str) -> User:
    return make_account("gil@example.org", role="manager", name="Gil")


def test_it_counts_once_a_first_code_was_typed(gil: User) -> None:
    app = App(gil)
    assert app.key.address.startswith("otpauth://totp/Cine%20Lanterna:gil%40example.org?secret=")
    with db.reading():
        assert users.password_proof(gil.id) is None
    with db.transaction():
        assert len(users.confirm_second_factor(gil.id, f" {app.code()[:3]} {app.code()[3:]} ")) == 10
    unused(gil)
    assert sign_in(gil, app.code()).id == gil.id
    with db.reading() as session:
        state = users.second_factor(gil.id)
        assert state is not None
        assert state.since is not None
        assert state.codes_left == 10
        stored = session.execute(text("select sealed_key from users.second_factors")).scalar_one()
    assert app.key.text.replace(" ", "").encode() not in bytes(stored)
    with pytest.raises(NotFound), db.reading():
        users.app_key(gil.id, gil.email)
    with pytest.raises(Conflict), db.transaction():
        users.begin_second_factor(gil.id, PASSWORD)


def test_a_code_is_good_in_its_step_and_its_neighbours_and_once(gil: User) -> None:
    app, _ = turn_on(gil)
    for steps in (-3, 3):
        with pytest.raises(Invalid, match=r"code\.wrong"):
            sign_in(gil, app.code(steps))
    code = app.code(1)
    sign_in(gil, code)
    for used in (code, app.code()):
        with pytest.raises(Invalid, match=r"code\.wrong"):
            sign_in(gil, used)


def test_a_recovery_code_is_good_once_and_stored_as_a_hash(gil: User) -> None:
    app, codes = turn_on(gil)
    assert sign_in(gil, codes[0].lower().replace("-", " ")).id == gil.id
    with pytest.raises(Invalid, match=r"code\.wrong"):
        sign_in(gil, codes[0])
    with db.transaction() as session:
        stored = session.execute(
            text("select string_agg(code_hash, ' ') from users.recovery_codes")
        ).scalar_one()
        renewed = users.renew_recovery_codes(gil.id, app.code())
    assert codes[1].replace("-", "") not in stored
    with pytest.raises(Invalid, match=r"code\.wrong"):
        sign_in(gil, codes[1])
    assert sign_in(gil, renewed[1]).id == gil.id


@pytest.mark.parametrize("typed", ["", " - ", "\x00"])
def test_an_empty_code_is_no_try(gil: User, typed: str) -> None:
    turn_on(gil)
    for _ in range(second_factor.TRIES + 1):
        with pytest.raises(Invalid, match=r"code\.missing"):
            sign_in(gil, typed)


def test_tries_are_limited_and_the_owner_s_browser_has_its_own(gil: User) -> None:
    app, _ = turn_on(gil)
    for _ in range(second_factor.TRIES):
        with pytest.raises(Invalid):
            sign_in(gil, "000000" if app.code() != "000000" else "111111")
    with pytest.raises(TooMany):
        sign_in(gil, app.code())
    assert sign_in(gil, app.code(), browser_keys=(begin_session(gil),)).id == gil.id


def test_a_proof_ends_with_its_time_and_with_the_password(gil: User, monkeypatch: pytest.MonkeyPatch) -> None:
    app, _ = turn_on(gil)
    proof = proof_of(gil)
    other = make_account("eva@example.org", role="door")
    for forged in (
        "",
        "1",
        "x.y.z",
        proof[:-1],
        proof.replace(f"{gil.id}.", f"{other.id}.", 1),
        "9" * 30 + ".1.x",
    ):
        with pytest.raises(ProofExpired):
            sign_in(gil, app.code(), forged or ".")
    with db.transaction():
        users.change_password(gil.id, PASSWORD, "outra frase comprida")
    with pytest.raises(ProofExpired):
        sign_in(gil, app.code(), proof)
    monkeypatch.setattr("app.users.second_factor_sign_in.PROOF_SECONDS", -1)
    with pytest.raises(ProofExpired):
        sign_in(gil, app.code())


def test_only_staff_begin_and_with_their_password(gil: User) -> None:
    ana = make_account()
    begin: list[tuple[User, str, type[Exception]]] = [(ana, PASSWORD, NotFound), (gil, "wrong", Invalid)]
    for user, password, error in begin:
        with pytest.raises(error), db.transaction():
            users.begin_second_factor(user.id, password)


def off_by_its_owner(user: User, app: App) -> None:
    users.remove_second_factor(user.id, app.code())


def off_by_a_manager(user: User, app: App) -> None:
    users.reset_second_factor(user.id, by=77)


@pytest.mark.parametrize(
    ("end", "change", "by", "stays"),
    [(off_by_its_owner, "off", None, True), (off_by_a_manager, "reset", 77, False)],
)
def test_turning_it_off_is_recorded(
    gil: User, end: Callable[[User, App], None], change: str, by: int | None, stays: bool
) -> None:
    app, codes = turn_on(gil)
    key = begin_session(gil)
    with db.transaction():
        end(gil, app)
    with db.reading() as session:
        assert users.password_proof(gil.id) is None
        recorded = session.execute(
            text("select change, by_user_id from users.second_factor_changes order by id")
        ).all()
        (listed,) = users.staff_second_factors()
        exported = users.export_account(gil.id)
    assert [tuple(one) for one in recorded] == [("on", gil.id), (change, by or gil.id)]
    assert (listed.since, listed.change) == (None, change)
    assert exported["second_factor_since"] is None
    assert is_signed_in(key) is stays
    with pytest.raises(NotFound), db.transaction():
        end(gil, app)
    turn_on(gil)
    with pytest.raises(Invalid):
        sign_in(gil, codes[0])


def test_keys_are_sealed_again_after_a_change_of_the_secret_key(gil: User, settings: Settings) -> None:
    app, _ = turn_on(gil)
    former = settings.web.secret_key
    config.use(settings.changed(web={"secret_key": "another key", "previous_secret_key": former}))
    handlers.seal_second_factors()
    config.use(settings.changed(web={"secret_key": "another key", "previous_secret_key": None}))
    assert sign_in(gil, app.code()).id == gil.id
