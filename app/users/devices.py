"""Devices of the cinema: kiosks that a manager paired, and doors. Each belongs to one site and has a secret token.

A device renews its token once a day. The answer with the new token may get lost, so the old one stays valid until the
new one is used for the first time.
"""

from __future__ import annotations

import hashlib
import uuid
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Row, text

from app.core import codes, db
from app.core.cache import Cache
from app.core.errors import Invalid, NotFound
from app.core.text_input import visible_line

MAX_NAME_LENGTH, MAX_VERSION_LENGTH = 40, 40
TOKEN_HOURS = 24  # after which a token is renewed
RETRY_MINUTES = 5  # after which a renewal is tried again, if the new token is not in use yet
RECENT_SECONDS = 2.0
# By the token's hash, for the door's scans: a device that another process revoked could scan two seconds longer.
_recent: Cache[str, Device] = Cache("devices at the door", most=2_000, seconds=RECENT_SECONDS)
PRINTER_STATES = ("unknown", "ready", "offline", "cover_open", "failed")
PAPER_STATES = ("unknown", "enough", "low", "out")
_COLUMNS = (
    "id, kind, site_id, name, created_at, last_seen_at, version, printer_state, paper_state, account_id,"
    " has_terminal"
)


@dataclass(frozen=True, slots=True)
class Device:
    """A device. `last_seen_at` is None until it is seen for the first time.

    `account_id` is the account that was signed in last at a door device. `has_terminal`: a manager has not said that no
    card terminal stands at this kiosk.
    """

    id: uuid.UUID
    kind: str
    site_id: int
    name: str
    created_at: datetime
    last_seen_at: datetime | None
    version: str
    printer_state: str
    paper_state: str
    account_id: int | None = None
    has_terminal: bool = True

    @classmethod
    def of(cls, row: Row[Any]) -> Device:
        """From a row with _COLUMNS."""
        return cls(*row[:11])


def authenticate_device(token: str) -> Device:
    """The device that has this token, the current or the next one. Raises NotFound, also for a revoked device."""
    row = db.session().execute(
        text(
            f"select {_COLUMNS} from users.devices"  # noqa: S608 (no value is put in)
            " where revoked_at is null and (token_hash = :hash or next_token_hash = :hash)"
        ),
        {"hash": token_hash(token)},
    ).one_or_none()  # fmt: skip
    if row is None:
        raise NotFound("device")
    return Device.of(row)


def recent_device(token: str) -> Device:
    """The same as `authenticate_device`, by a look that is RECENT_SECONDS old at most."""
    return _recent.get(token_hash(token), lambda: authenticate_device(token))


def heartbeat(token: str, *, version: str = "", printer: str = "unknown", paper: str = "unknown") -> None:
    """Record a heartbeat of the device, and what it says of itself. Raises NotFound.

    A state that this version does not know is stored as `unknown`: devices and servers are updated one by one.
    """
    device = authenticate_device(token)
    db.session().execute(
        text(
            "update users.devices set last_seen_at = clock_timestamp(), version = :version,"
            " printer_state = :printer, paper_state = :paper where id = :id"
        ),
        {
            "id": device.id,
            "version": visible_line(version)[:MAX_VERSION_LENGTH],
            "printer": printer if printer in PRINTER_STATES else "unknown",
            "paper": paper if paper in PAPER_STATES else "unknown",
        },
    )


def renew_device_token(token: str) -> str | None:
    """A new token if this one is due, else None. Called in a transaction, with each heartbeat.

    The first use of a new token ends the old one.
    """
    hashed = token_hash(token)
    session = db.session()
    session.execute(
        text(
            "update users.devices set token_hash = next_token_hash, next_token_hash = null"
            " where next_token_hash = :hash and revoked_at is null"
        ),
        {"hash": hashed},
    )
    renewed = codes.random_token()
    is_due = session.execute(
        text(
            "update users.devices set next_token_hash = :next, token_issued_at = clock_timestamp()"
            " where token_hash = :hash and revoked_at is null and token_issued_at < clock_timestamp() -"
            " case when next_token_hash is null then make_interval(hours => :hours)"
            " else make_interval(mins => :retry) end returning id"
        ),
        {"hash": hashed, "next": token_hash(renewed), "hours": TOKEN_HOURS, "retry": RETRY_MINUTES},
    ).one_or_none()  # fmt: skip
    return renewed if is_due is not None else None


def list_devices() -> list[Device]:
    """All devices that are not revoked, by site and name."""
    rows = db.session().execute(
        text(
            f"select {_COLUMNS} from users.devices where revoked_at is null"  # noqa: S608 (no value is put in)
            " order by site_id, lower(name), created_at, id"
        )
    )  # fmt: skip
    return [Device.of(row) for row in rows]


def rename_device(device_id: uuid.UUID, name: str) -> None:
    """Raises Invalid `device.name_missing`, `device.name_too_long`; NotFound."""
    _change(device_id, "name = :name", name=checked_device_name(name))


def set_terminal(device_id: uuid.UUID, present: bool) -> None:
    """Say whether a card terminal stands at the kiosk; a payment that has begun at it goes on. Raises NotFound."""
    _change(device_id, "has_terminal = :present", present=present)


def revoke_device(device_id: uuid.UUID) -> None:
    """End the device's access at once; its tokens are deleted. Raises NotFound."""
    _change(device_id, "revoked_at = clock_timestamp(), token_hash = null, next_token_hash = null")


def checked_device_name(name: str) -> str:
    """Raises Invalid `device.name_missing`, `device.name_too_long`."""
    name = visible_line(name)
    if not name:
        raise Invalid("device.name_missing", "name")
    if len(name) > MAX_NAME_LENGTH:
        raise Invalid("device.name_too_long", "name", most=MAX_NAME_LENGTH)
    return name


def token_hash(token: str) -> str:
    return hashlib.sha256(token[:200].encode()).hexdigest()


def _change(device_id: uuid.UUID, change: str, **values: object) -> None:
    changed = db.session().execute(
        text(f"update users.devices set {change} where id = :id and revoked_at is null returning id"),  # noqa: S608
        {"id": device_id, **values},
    )
    if changed.one_or_none() is None:
        raise NotFound("device")
    db.after_commit(_recent.clear)
