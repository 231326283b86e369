"""How much one may have at a time is counted under a lock, so that many tries at once count each other.

A count sees what was committed before its statement began: the lock is a statement of its own, before it. Locks are
taken in one order, by visitor, then by address or e-mail; after the screening's, before any row.
"""

from __future__ import annotations

from sqlalchemy import text

from app.core import db

# Goes before the statement that counts and holds, in the same message to the database: one way there and back.
LOCK_HOLDS = """
    select pg_advisory_xact_lock(hashtext(counted.kind), hashtext(counted.key))
    from (values ('holds of a visitor', cast(:visitor as text), cast(:visitor_limit as integer)),
                 ('holds of an address', :address_key, :address_limit)) as counted (kind, key, most)
    where counted.most is not null;
"""

_LOCK_PLACES = text(
    """
    select pg_advisory_xact_lock(hashtext(counted.kind), hashtext(counted.key))
    from (values ('places of a visitor', :visitor), ('places of an email', :email)) as counted (kind, key)
    """
)


def lock_places(visitor: str, email: str) -> None:
    """One at a time counts the places in line of this visitor, or of this e-mail, and takes another."""
    db.session().execute(_LOCK_PLACES, {"visitor": visitor, "email": email})
