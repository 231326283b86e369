"""Partners: companies whose systems call the REST API.

The identity provider holds a partner's secret and gives out its access tokens; a token names the partner by its client
id. What a partner may do is what both allow: the scopes of the token and those registered here.
"""

from __future__ import annotations

import re
from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from sqlalchemy import Row, text

from app.core import db
from app.core.errors import Invalid, NotFound
from app.core.text_input import visible_line

SCOPES: Final = (
    "bilheteria/orders.read",
    "bilheteria/orders.write",
    "bilheteria/requests.write",
    "bilheteria/webhooks",
)
USUAL_LIMIT: Final = 600  # requests a minute
MOST_REQUESTS: Final = 100_000
MAX_NAME_LENGTH: Final = 80
_CLIENT_ID = re.compile(r"[\x21-\x7e]{1,128}")
_COLUMNS = "id, name, client_id, scopes, site_ids, requests_per_minute, created_at, blocked_at"
_REGISTER = f"""
    insert into users.partners (client_id, name, scopes, site_ids, requests_per_minute)
    values (:client_id, :name, cast(:scopes as text[]), cast(:sites as integer[]), :limit)
    on conflict (client_id) do update set name = excluded.name, scopes = excluded.scopes, site_ids = excluded.site_ids,
      requests_per_minute = excluded.requests_per_minute, blocked_at = null
    returning {_COLUMNS}
"""  # noqa: S608 (no value is put in)


@dataclass(frozen=True, slots=True)
class Partner:
    """A partner. `site_ids` are the cinemas for which it acts; all of them if there are none."""

    id: int
    name: str
    client_id: str
    scopes: frozenset[str]
    site_ids: frozenset[int]
    requests_per_minute: int
    created_at: datetime
    blocked_at: datetime | None

    @property
    def is_active(self) -> bool:
        return self.blocked_at is None

    def serves(self, site_id: int) -> bool:
        """Whether the partner acts for this cinema."""
        return not self.site_ids or site_id in self.site_ids

    @classmethod
    def of(cls, row: Row[Any]) -> Partner:
        """From a row with _COLUMNS."""
        return cls(
            row.id,
            row.name,
            row.client_id,
            frozenset(row.scopes),
            frozenset(row.site_ids),
            row.requests_per_minute,
            row.created_at,
            row.blocked_at,
        )


def register_partner(
    client_id: str,
    name: str,
    scopes: Collection[str],
    *,
    site_ids: Collection[int] = (),
    requests_per_minute: int = USUAL_LIMIT,
) -> Partner:
    """Register the partner with this client id. An existing one gets these values, and is blocked no more.

    Raises Invalid `partner.client_id`, `partner.name`, `partner.scope`, `partner.limit`.
    """
    name = visible_line(name)
    if not _CLIENT_ID.fullmatch(client_id):
        raise Invalid("partner.client_id", "client_id")
    if not 1 <= len(name) <= MAX_NAME_LENGTH:
        raise Invalid("partner.name", "name", most=MAX_NAME_LENGTH)
    if not set(scopes) <= set(SCOPES):
        raise Invalid("partner.scope", "scopes")
    if not 1 <= requests_per_minute <= MOST_REQUESTS:
        raise Invalid("partner.limit", "requests_per_minute", most=MOST_REQUESTS)
    values = {
        "client_id": client_id,
        "name": name,
        "scopes": sorted(set(scopes)),
        "sites": sorted(set(site_ids)),
        "limit": requests_per_minute,
    }
    return Partner.of(db.session().execute(text(_REGISTER), values).one())


def partner(partner_id: int) -> Partner:
    """The partner, blocked or not. Raises NotFound."""
    return _found("id = :key", partner_id)


def partner_of_client(client_id: str) -> Partner:
    """The partner with this client id, blocked or not. Raises NotFound."""
    return _found("client_id = :key", client_id)


def list_partners() -> list[Partner]:
    """All partners, blocked ones too, by name."""
    rows = db.session().execute(text(f"select {_COLUMNS} from users.partners order by lower(name), id"))  # noqa: S608 (no value is put in)
    return [Partner.of(row) for row in rows]


def block_partner(client_id: str) -> Partner:
    """Refuse the partner's requests from now on, with tokens that are still valid too. Raises NotFound."""
    row = db.session().execute(
        text(
            "update users.partners set blocked_at = coalesce(blocked_at, clock_timestamp())"  # noqa: S608 (no value is put in)
            f" where client_id = :client_id returning {_COLUMNS}"
        ),
        {"client_id": client_id},
    ).one_or_none()  # fmt: skip
    if row is None:
        raise NotFound("partner")
    return Partner.of(row)


def _found(condition: str, key: object) -> Partner:
    row = db.session().execute(
        text(f"select {_COLUMNS} from users.partners where {condition}"), {"key": key}  # noqa: S608 (no value is put in)
    ).one_or_none()  # fmt: skip
    if row is None:
        raise NotFound("partner")
    return Partner.of(row)
