"""PINs of supervisors: set with the password, hashed, limited in tries, worthless without the role."""

from __future__ import annotations

import pytest
from sqlalchemy import text

from app.core import db
from app.core.errors import Invalid, NotFound, TooMany
from app.users import pins
from app.users import service as users
from tests.actors import door_actor
from tests.users.account_data import PASSWORD, make_account

PIN = "470921"


def set_pin(user_id: int, pin: str = PIN, password: str = PASSWORD) -> None:
    with db.transaction():
        users.set_pin(user_id, password, pin)


def by_pin(supervisor_id: int, pin: str = PIN, at: int = 7) -> users.User:
    with db.transaction():
        return users.supervisor_by_pin(supervisor_id, pin, door_actor(at))


def test_a_supervisor_is_known_by_the_pin(database: str) -> None:
    eva = make_account("eva@example.org", role="supervisor", name="Eva")
    make_account("gil@example.org", role="manager", name="Gil")
    set_pin(eva.id)
    assert by_pin(eva.id, f" {PIN} ").id == eva.id
    with db.reading() as session:
        assert [one.name for one in users.supervisors_with_pin()] == ["Eva"]
        (stored,) = session.execute(text("select pin_hash from users.pins")).scalars()
    assert stored.startswith("$argon2id$")
    set_pin(eva.id, "831207")
    with pytest.raises(Invalid, match=r"pin\.wrong"):
        by_pin(eva.id)
    assert by_pin(eva.id, "831207").id == eva.id


@pytest.mark.parametrize(
    ("pin", "code"),
    [
        ("", "pin.digits"),
        ("12345", "pin.digits"),
        ("4709211234567", "pin.digits"),
        ("47092a", "pin.digits"),
        ("٤٧٠٩٢١", "pin.digits"),
        ("777777", "pin.simple"),
        ("234567", "pin.simple"),
        ("987654", "pin.simple"),
    ],
)
def test_a_weak_pin_is_refused(database: str, pin: str, code: str) -> None:
    eva = make_account("eva@example.org", role="supervisor")
    with pytest.raises(Invalid) as error:
        set_pin(eva.id, pin)
    assert error.value.code == code


def test_a_pin_needs_the_role_and_the_password(database: str) -> None:
    door = make_account("porta@example.org", role="door")
    with pytest.raises(NotFound):
        set_pin(door.id)
    eva = make_account("eva@example.org", role="supervisor")
    with pytest.raises(Invalid, match=r"password\.old_wrong"):
        set_pin(eva.id, password="not the password")
    set_pin(eva.id)
    with db.transaction():
        users.set_role("eva@example.org", "door")
    with pytest.raises(Invalid, match=r"pin\.wrong"):
        by_pin(eva.id)
    with db.reading():
        assert users.supervisors_with_pin() == []


def test_guessing_is_limited_for_the_supervisor_and_for_the_device(database: str) -> None:
    eva = make_account("eva@example.org", role="supervisor")
    gil = make_account("gil@example.org", role="manager")
    set_pin(eva.id)
    set_pin(gil.id)
    assert by_pin(eva.id).id == eva.id, "a right PIN takes its count back"
    for _ in range(pins.TRIES):
        with pytest.raises(Invalid):
            by_pin(eva.id, "000001")
    for supervisor, at in ((eva.id, 7), (eva.id, 8), (gil.id, 7)):
        with pytest.raises(TooMany):
            by_pin(supervisor, PIN, at)
    assert by_pin(gil.id, PIN, at=8).id == gil.id
