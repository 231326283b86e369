"""Pairing: a new machine shows a short code, a manager types it in, and the machine becomes a device of a site.

The machine keeps a secret of its own, by which it alone collects the device's token. A code lasts for minutes and pairs
one machine.
"""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import text

from app.core import codes, db, throttle
from app.core.actor import Actor
from app.core.config import settings
from app.core.errors import Invalid, NotFound
from app.users.devices import Device, authenticate_device, checked_device_name, token_hash

CODE_LENGTH = 6
STARTS_PER_ADDRESS, GUESSES_PER_ACCOUNT, GUESSES_OF_ALL, SECONDS = 30, 10, 50, 600
_TRIES = 5  # to draw a code that no other machine shows


@dataclass(frozen=True, slots=True)
class NewPairing:
    """A code to show, and the machine's own secret. The secret goes to the machine alone."""

    code: str
    secret: str


@dataclass(frozen=True, slots=True)
class Pairing:
    """A pairing that has not expired. `confirmed`: the machine may collect its token."""

    code: str
    seconds_left: int
    confirmed: bool


def start_pairing(actor: Actor, *, kind: str = "kiosk") -> NewPairing:
    """A code for a machine that is not paired; `kind` is `kiosk` or `door`. Raises TooMany."""
    throttle.hit("pairing-from", actor.address_key, limit=STARTS_PER_ADDRESS, seconds=SECONDS)
    secret = codes.random_token()
    for _ in range(_TRIES):
        code = codes.random_code(CODE_LENGTH)
        made = db.session().execute(
            text(
                "insert into users.pairings (code, secret_hash, kind, expires_at)"
                " values (:code, :hash, :kind, clock_timestamp() + make_interval(mins => :minutes))"
                " on conflict (code) do nothing returning code"
            ),
            {
                "code": code,
                "hash": token_hash(secret),
                "kind": kind,
                "minutes": settings().kiosk.pairing_minutes,
            },
        )
        if made.one_or_none() is not None:
            return NewPairing(code, secret)
    raise RuntimeError("no free pairing code was found")


def pairing(secret: str) -> Pairing | None:
    """The pairing of the machine with this secret; None if it has expired, or its device is in use or revoked."""
    row = db.session().execute(
        text(
            "select code, ceil(extract(epoch from expires_at - clock_timestamp())) as seconds,"
            " device_id is not null as confirmed"
            " from users.pairings pairing left join users.devices device on device.id = device_id"
            " where secret_hash = :hash and expires_at > clock_timestamp()"
            " and device.last_seen_at is null and device.revoked_at is null"
        ),
        {"hash": token_hash(secret)},
    ).one_or_none()  # fmt: skip
    return Pairing(row.code, int(row.seconds), row.confirmed) if row is not None else None


def confirm_pairing(code: str, site_id: int, name: str, actor: Actor) -> None:
    """Make the machine that shows `code` a device of the site. The caller has checked that the actor is a manager.

    Raises Invalid `pairing.code`, `device.name_missing`, `device.name_too_long`; TooMany.
    """
    name = checked_device_name(name)
    throttle.hit("pairing-guess", str(actor.user_id), limit=GUESSES_PER_ACCOUNT, seconds=SECONDS)
    throttle.hit("pairing-guesses", "all", limit=GUESSES_OF_ALL, seconds=SECONDS)
    device_id = codes.ordered_id()
    session = db.session()
    code = codes.normalise_code(code)
    session.execute(
        text(
            "insert into users.devices (id, kind, site_id, name)"
            " select :id, kind, :site, :name from users.pairings where code = :code"
        ),
        {"id": device_id, "site": site_id, "name": name, "code": code},
    )
    if session.execute(text(_CONFIRM), {"code": code, "device": device_id}).one_or_none() is None:
        raise Invalid("pairing.code", "code")
    throttle.reset("pairing-guess", str(actor.user_id))
    throttle.undo("pairing-guesses", "all")


# Only one of two transactions that confirm the same code finds it without a device.
_CONFIRM = """
    update users.pairings set device_id = :device
    where code = :code and device_id is null and expires_at > clock_timestamp() returning code
"""


def collect_device_token(secret: str) -> tuple[Device, str]:
    """The device and its token, for the machine with this secret. Raises NotFound.

    The answer may get lost, so the machine may ask again until its first heartbeat; the token before is then invalid.
    """
    token = codes.random_token()
    collected = db.session().execute(
        text(
            "update users.devices device set token_hash = :token, token_issued_at = clock_timestamp()"
            " from users.pairings pairing where pairing.secret_hash = :hash and pairing.device_id = device.id"
            " and pairing.expires_at > clock_timestamp() and device.last_seen_at is null"
            " and device.revoked_at is null returning device.id"
        ),
        {"hash": token_hash(secret), "token": token_hash(token)},
    )
    if collected.one_or_none() is None:
        raise NotFound("pairing")
    return authenticate_device(token), token


def delete_expired() -> None:
    """Delete the pairings that have expired."""
    db.session().execute(text("delete from users.pairings where expires_at < clock_timestamp()"))
