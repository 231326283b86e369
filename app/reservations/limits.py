"""Limits of holds and requests for one visitor, address or e-mail, counted under advisory locks.

Without a lock, parallel transactions would not count each other's rows. The lock is a statement of its own: a count
sees only what was committed before its statement began. Locks are taken in one order: visitor, then address or e-mail;
after the lock of the screening, before any row.
"""

from __future__ import annotations

from math import ceil

from sqlalchemy import text

from app.core import db
from app.core.actor import Actor
from app.core.state_machine import one_of
from app.reservations.states import HELD
from app.reservations.views import TooManyHolds

# `db.after_lock` sends this before the statement that counts and holds.
LOCK_HOLD_LIMITS = """
    select pg_advisory_xact_lock(hashtext(counted.kind), hashtext(counted.key))
    from (values ('holds of a visitor', cast(:visitor as text), cast(:visitor_limit as integer)),
                 ('holds of an address', :address_key, :address_limit)) as counted (kind, key, most)
    where counted.most is not null
"""

# Seconds until enough live holds have expired for one more; null if one more fits now or no limit is set.
_SECONDS_TO_WAIT = """
    select extract(epoch from live.expires_at - clock_timestamp()) from reservations.reservations live
    where cast(:{limit} as integer) is not null
      and live.{column} = :{column} and {is_held} and live.expires_at > clock_timestamp()
    order by live.expires_at desc offset cast(:{limit} as integer) - 1 limit 1
"""
_IS_HELD = one_of("live.state", (HELD,))
_RETRY_AFTER = text(
    f"""
    select ({_SECONDS_TO_WAIT.format(column="visitor", limit="visitor_limit", is_held=_IS_HELD)}) as visitor,
      ({_SECONDS_TO_WAIT.format(column="address_key", limit="address_limit", is_held=_IS_HELD)}) as address
    """
)

_LOCK_REQUEST_LIMITS = text(
    """
    select pg_advisory_xact_lock(hashtext(counted.kind), hashtext(counted.key))
    from (values ('places of a visitor', :visitor), ('places of an email', :email)) as counted (kind, key)
    """
)


def too_many_holds(actor: Actor, *, visitor_limit: int | None, address_limit: int | None) -> TooManyHolds:
    """Return the error for a refused hold: which limit was reached, and when one more hold is possible."""
    values = {
        "visitor": actor.visitor,
        "address_key": actor.address_key,
        "visitor_limit": visitor_limit,
        "address_limit": address_limit,
    }
    row = db.session().execute(_RETRY_AFTER, values).one()
    if row.visitor is not None:
        return TooManyHolds("visitor", max(1, ceil(row.visitor)))
    return TooManyHolds("address", max(1, ceil(row.address or 0)))


def lock_request_limits(visitor: str, email: str) -> None:
    """Let one transaction at a time count the requests of this visitor or e-mail and add another."""
    db.session().execute(_LOCK_REQUEST_LIMITS, {"visitor": visitor, "email": email})
