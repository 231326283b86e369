"""How much one may have at a time is counted under a lock, so that many tries at once count each other.

A count sees what was committed before its statement began: the lock is a statement of its own, before it. Locks are
taken in one order, by visitor, then by address or e-mail; after the screening's, before any row.
"""

from __future__ import annotations

from math import ceil

from sqlalchemy import text

from app.core import db
from app.core.actor import Actor
from app.core.state_machine import one_of
from app.reservations.states import HELD
from app.reservations.views import TooManyHolds

# Sent before the statement that counts and holds, by `db.after_lock`.
LOCK_HOLDS = """
    select pg_advisory_xact_lock(hashtext(counted.kind), hashtext(counted.key))
    from (values ('holds of a visitor', cast(:visitor as text), cast(:visitor_limit as integer)),
                 ('holds of an address', :address_key, :address_limit)) as counted (kind, key, most)
    where counted.most is not null
"""

# When so many of the live holds have ended that one more fits; null where one fits, or no limit is set.
_FITS_AGAIN = """
    select extract(epoch from live.expires_at - clock_timestamp()) from reservations.reservations live
    where cast(:{limit} as integer) is not null
      and live.{column} = :{column} and {is_held} and live.expires_at > clock_timestamp()
    order by live.expires_at desc offset cast(:{limit} as integer) - 1 limit 1
"""
_IS_HELD = one_of("live.state", (HELD,))
_FULL = text(
    f"""
    select ({_FITS_AGAIN.format(column="visitor", limit="visitor_limit", is_held=_IS_HELD)}) as visitor,
      ({_FITS_AGAIN.format(column="address_key", limit="address_limit", is_held=_IS_HELD)}) as address
    """
)

_LOCK_PLACES = text(
    """
    select pg_advisory_xact_lock(hashtext(counted.kind), hashtext(counted.key))
    from (values ('places of a visitor', :visitor), ('places of an email', :email)) as counted (kind, key)
    """
)


def too_many_holds(actor: Actor, *, visitor_limit: int | None, address_limit: int | None) -> TooManyHolds:
    """What to raise for a hold that was refused: whose limit it was, and when there is room again."""
    values = {
        "visitor": actor.visitor,
        "address_key": actor.address_key,
        "visitor_limit": visitor_limit,
        "address_limit": address_limit,
    }
    row = db.session().execute(_FULL, values).one()
    if row.visitor is not None:
        return TooManyHolds("visitor", max(1, ceil(row.visitor)))
    return TooManyHolds("address", max(1, ceil(row.address or 0)))


def lock_places(visitor: str, email: str) -> None:
    """One at a time counts the places in line of this visitor, or of this e-mail, and takes another."""
    db.session().execute(_LOCK_PLACES, {"visitor": visitor, "email": email})
