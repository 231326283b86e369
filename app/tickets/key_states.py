"""The signing keys as managers see them: which one signs, which is next, which are blocked, what is left to do."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Final, Literal

from sqlalchemy import text

from app.core import db
from app.core.state_machine import one_of
from app.tickets import signing_keys
from app.tickets.states import VALID

State = Literal["next", "signing", "old", "blocked"]
KEY_STATES: Final[tuple[State, ...]] = ("next", "signing", "old", "blocked")


@dataclass(frozen=True, slots=True)
class KeyState:
    """A key. `next` signs from `signs_from` on; an `old` key signs no more, but its tickets are valid.

    `left` counts the tickets of a blocked key that are still to be re-signed.
    """

    kid: int
    state: State
    created_at: datetime
    signs_from: datetime
    blocked_at: datetime | None
    left: int


_KEYS = text(
    f"""
    select k.kid, k.created_at, coalesce(k.signs_from, k.created_at) as signs_from, k.retired_at as blocked_at,
      case when k.retired_at is not null then 'blocked'
        when k.kid = (select max(kid) from tickets.signing_keys where {signing_keys.MAY_SIGN}) then 'signing'
        when coalesce(k.signs_from, k.created_at) > clock_timestamp() then 'next'
        else 'old' end as state,
      case when k.retired_at is not null and k.replaced_at is null then (
        select count(*) from tickets.issues i join tickets.tickets t using (order_id)
        where i.ends_at > clock_timestamp() and t.kid = k.kid and {one_of("t.state", (VALID,))}) else 0 end as left_over
    from tickets.signing_keys k order by k.kid desc
    """
)


def key_states() -> list[KeyState]:
    """All keys, the newest first."""
    return [
        KeyState(row.kid, row.state, row.created_at, row.signs_from, row.blocked_at, row.left_over)
        for row in db.session().execute(_KEYS)
    ]
