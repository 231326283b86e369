"""Devices and their pairing: codes, tokens and their renewal, heartbeats, revoking and renaming."""

from __future__ import annotations

import uuid

import pytest
from sqlalchemy import text

from app.core import db
from app.core.actor import Actor
from app.core.errors import Invalid, NotFound, TooMany
from app.users import pairings
from app.users import service as users
from app.users.service import Device, Pairing

pytestmark = pytest.mark.usefixtures("database")

SITE = 7
MANAGER = Actor(user_id=1, address_key="office")
MACHINE = Actor(address_key="foyer")


def start() -> users.NewPairing:
    with db.transaction():
        return users.start_pairing(MACHINE)


def confirm(code: str, name: str = "Kiosk 1") -> None:
    with db.transaction():
        users.confirm_pairing(code, SITE, name, MANAGER)


def collect(secret: str) -> tuple[Device, str]:
    with db.transaction():
        return users.collect_device_token(secret)


def state(secret: str) -> Pairing | None:
    with db.reading():
        return users.pairing(secret)


def authenticate(token: str) -> Device:
    with db.reading():
        return users.authenticate_device(token)


def beat(token: str, **said: str) -> str | None:
    with db.transaction():
        users.heartbeat(token, **said)
        return users.renew_device_token(token)


def devices() -> list[Device]:
    with db.reading():
        return users.list_devices()


def paired() -> str:
    """The token of a new device."""
    machine = start()
    confirm(machine.code)
    return collect(machine.secret)[1]


def age_tokens(interval: str) -> None:
    with db.transaction() as session:
        session.execute(
            text("update users.devices set token_issued_at = token_issued_at - cast(:age as interval)"),
            {"age": interval},
        )


def expire_codes() -> None:
    with db.transaction() as session:
        session.execute(text("update users.pairings set expires_at = clock_timestamp()"))


def test_a_machine_becomes_a_device_of_the_site_by_the_code_it_shows() -> None:
    machine = start()
    shown = state(machine.secret)
    assert shown is not None
    assert (shown.code, shown.confirmed) == (machine.code, False)
    assert 0 < shown.seconds_left <= 600
    confirm(f" {machine.code[:3].lower()}-{machine.code[3:]}", "  Foyer\n left ")
    shown = state(machine.secret)
    assert shown is not None
    assert shown.confirmed
    device, token = collect(machine.secret)
    assert (device.kind, device.site_id, device.name) == ("kiosk", SITE, "Foyer left")
    assert authenticate(token) == device
    assert devices() == [device]


def test_only_the_machine_that_showed_the_code_collects_the_token() -> None:
    machine, other = start(), start()
    confirm(machine.code)
    for secret in (other.secret, "", machine.code):
        with pytest.raises(NotFound):
            collect(secret)
    collect(machine.secret)


def test_a_lost_answer_is_collected_again_until_the_token_is_in_use() -> None:
    machine = start()
    confirm(machine.code)
    lost = collect(machine.secret)[1]
    token = collect(machine.secret)[1]
    with pytest.raises(NotFound):
        authenticate(lost)
    beat(token)
    with pytest.raises(NotFound):
        collect(machine.secret)
    authenticate(token)


def test_a_code_pairs_one_machine_and_only_in_its_time() -> None:
    used, late = start(), start()
    confirm(used.code)
    with pytest.raises(Invalid, match=r"pairing\.code"):
        confirm(used.code)
    expire_codes()
    assert state(late.secret) is None
    with pytest.raises(Invalid, match=r"pairing\.code"):
        confirm(late.code)
    with pytest.raises(NotFound):
        collect(used.secret)
    assert len(devices()) == 1, "a refused code leaves no device behind"
    with db.transaction() as session:
        pairings.delete_expired()
        assert session.execute(text("select count(*) from users.pairings")).scalar() == 0


@pytest.mark.parametrize(
    ("name", "code"),
    [(" ", "device.name_missing"), ("\u200b", "device.name_missing"), ("a" * 41, "device.name_too_long")],
)
def test_a_device_needs_a_name_that_fits(name: str, code: str) -> None:
    machine = start()
    with pytest.raises(Invalid, match=code):
        confirm(machine.code, name)
    confirm(machine.code, "a" * 40)
    with pytest.raises(Invalid, match=code), db.transaction():
        users.rename_device(devices()[0].id, name)


def test_guesses_are_limited_and_right_codes_are_not() -> None:
    for _ in range(pairings.GUESSES_PER_ACCOUNT + 2):
        confirm(start().code)
    for _ in range(pairings.GUESSES_PER_ACCOUNT):
        with pytest.raises(Invalid):
            confirm("AAAAAA")
    machine = start()
    with pytest.raises(TooMany):
        confirm(machine.code)


def test_new_codes_are_limited_by_address() -> None:
    for _ in range(pairings.STARTS_PER_ADDRESS):
        start()
    with pytest.raises(TooMany):
        start()


def test_a_heartbeat_keeps_what_the_machine_says() -> None:
    token = paired()
    assert devices()[0].last_seen_at is None
    assert beat(token, version=" 1.4\n" + "x" * 99, printer="cover_open", paper="low") is None
    seen = devices()[0]
    assert seen.last_seen_at is not None
    assert (seen.version, seen.printer_state, seen.paper_state) == (f"1.4 {'x' * 36}", "cover_open", "low")
    beat(token, printer="on fire", paper="")
    assert (devices()[0].printer_state, devices()[0].paper_state) == ("unknown", "unknown")


def test_a_renewed_token_ends_the_old_one_once_it_is_used() -> None:
    token = paired()
    age_tokens("23 hours")
    assert beat(token) is None
    age_tokens("2 hours")
    renewed = beat(token)
    assert renewed is not None
    assert authenticate(token) == authenticate(renewed), "the answer may get lost"
    assert beat(token) is None, "no second one while the first may be on its way"
    assert beat(renewed) is None
    with pytest.raises(NotFound):
        authenticate(token)
    authenticate(renewed)


def test_a_device_that_never_got_its_new_token_gets_another() -> None:
    token = paired()
    age_tokens("25 hours")
    lost = beat(token)
    age_tokens("6 minutes")
    renewed = beat(token)
    assert lost is not None
    assert renewed is not None
    with pytest.raises(NotFound):
        authenticate(lost)
    beat(renewed)
    assert authenticate(renewed).name == "Kiosk 1"


def test_a_revoked_device_is_out_at_once() -> None:
    token, other = paired(), paired()
    age_tokens("25 hours")
    renewed = beat(token)
    assert renewed is not None
    revoked = authenticate(token).id
    with db.transaction():
        users.revoke_device(revoked)
    for gone in (token, renewed):
        with pytest.raises(NotFound):
            authenticate(gone)
        with pytest.raises(NotFound):
            beat(gone)
    authenticate(other)
    assert len(devices()) == 1
    with pytest.raises(NotFound), db.transaction():
        users.revoke_device(revoked)
    with pytest.raises(NotFound), db.transaction():
        users.rename_device(revoked, "Again")


def test_a_device_is_renamed() -> None:
    token = paired()
    with db.transaction():
        users.rename_device(authenticate(token).id, "Foyer")
    assert authenticate(token).name == "Foyer"
    with pytest.raises(NotFound), db.transaction():
        users.rename_device(uuid.uuid4(), "Foyer")


def test_neither_tokens_nor_secrets_are_stored() -> None:
    machine = start()
    confirm(machine.code)
    token = collect(machine.secret)[1]
    with db.reading() as session:
        rows = session.execute(text("select d::text || p::text from users.devices d, users.pairings p"))
        stored = "".join(rows.scalars())
    assert token not in stored
    assert machine.secret not in stored
