"""Door devices: phones and computers on which staff scan tickets also without a network.

Staff register the device that they hold. It keeps tickets of its site, so it has a token of its own, which a manager
can revoke. Accounts that were signed in at it are remembered: their scans may arrive after their sessions ended.
"""

from __future__ import annotations

import uuid
from collections.abc import Collection

from sqlalchemy import text

from app.core import codes, db
from app.users.devices import MAX_NAME_LENGTH, token_hash

_REGISTER = text(
    """
    insert into users.devices as device (id, kind, site_id, name, token_hash, token_issued_at, last_seen_at)
    values (:id, 'door', :site, :name, :hash, clock_timestamp(), clock_timestamp())
    on conflict (id) do update set site_id = excluded.site_id, name = excluded.name,
      token_hash = excluded.token_hash, token_issued_at = excluded.token_issued_at
    where device.kind = 'door' and device.revoked_at is null
    returning id
    """
)
_SEE = text(
    """
    with seen as (
        update users.devices set account_id = :account, last_seen_at = clock_timestamp()
        where id = :id and revoked_at is null returning id
    )
    insert into users.device_accounts (device_id, user_id) select id, :account from seen on conflict do nothing
    """
)


def register_door(site_id: int, name: str, account_id: int, *, registered: uuid.UUID | None = None) -> str:
    """Make this browser a door device of the site; returns its new token.

    A browser that is one (`registered`) stays the same device, unless a manager has revoked it at this moment.
    """
    token = codes.random_token()
    values = {"site": site_id, "name": name[:MAX_NAME_LENGTH], "hash": token_hash(token)}
    session = db.session()
    made = session.execute(_REGISTER, {"id": registered or codes.ordered_id()} | values).scalar()
    if made is None:
        made = session.execute(_REGISTER, {"id": codes.ordered_id()} | values).scalar_one()
    see_door(made, account_id)
    return token


def move_door(device_id: uuid.UUID, site_id: int, name: str) -> None:
    """Give the device another site and gate: its staff stand elsewhere now. A revoked device stays as it is."""
    db.session().execute(
        text(
            "update users.devices set site_id = :site, name = :name where id = :id and kind = 'door'"
            " and revoked_at is null"
        ),
        {"id": device_id, "site": site_id, "name": name[:MAX_NAME_LENGTH]},
    )


def see_door(device_id: uuid.UUID, account_id: int) -> None:
    """Write down that the account uses the device now."""
    db.session().execute(_SEE, {"id": device_id, "account": account_id})


def accounts_of_device(device_id: uuid.UUID) -> set[int]:
    """The accounts that were signed in at the device."""
    found = text("select user_id from users.device_accounts where device_id = :id")
    return set(db.session().execute(found, {"id": device_id}).scalars())


def account_names(account_ids: Collection[int]) -> dict[int, str]:
    """The names of these accounts; an erased account has none."""
    if not account_ids:
        return {}
    rows = db.session().execute(
        text("select id, name from users.users where id = any(:ids)"), {"ids": list(account_ids)}
    )
    return {row.id: row.name for row in rows}
