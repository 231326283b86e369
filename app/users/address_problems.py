"""Addresses whose mails came back, or whose owner reported one as spam. An address is stored as a keyed hash alone.

Reports come twice and in any order: only the newest one of an address counts. A mail that came back is forgotten once
a later mail to the address is accepted, until that one comes back too. A report of spam stays.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import text

from app.core import db
from app.core.contact import email_for_lookup
from app.core.mail_events import COMPLAINT, RETURNED
from app.core.throttle import keyed_hash

KEPT_DAYS = 365  # tickets are sold for less than a year ahead

# A clock that is ahead must not make a report that no later one can replace.
_RECORD = text(
    """
    insert into users.address_problems as p (address, problem, happened_at)
    values (:address, :problem, least(coalesce(cast(:at as timestamptz), clock_timestamp()), clock_timestamp()))
    on conflict (address, problem) do update set happened_at = excluded.happened_at
      where excluded.happened_at > p.happened_at
    """
)
_STATE = text(
    """
    select clock_timestamp() as read_at,
      coalesce(bool_or(problem = :returned and happened_at > coalesce(accepted_at, '-infinity')), false) as returned,
      coalesce(bool_or(problem = :complaint), false) as complained
    from users.address_problems where address = :address
    """
)
_ACCEPTED = text(
    "update users.address_problems set accepted_at = greatest(accepted_at, :at)"
    " where address = :address and problem = :returned"
)


@dataclass(frozen=True, slots=True)
class AddressState:
    """What is known of an address: whether mails to it come back, and whether its owner reported one as spam.

    `read_at` is the database's time of the answer.
    """

    read_at: datetime
    returned: bool
    complained: bool


def address_state(email: str) -> AddressState:
    """What is known of this address."""
    values = {"address": _hashed(email), "returned": RETURNED, "complaint": COMPLAINT}
    row = db.session().execute(_STATE, values).one()
    return AddressState(row.read_at, row.returned, row.complained)


def record(email: str, problem: str, happened_at: datetime | None = None) -> None:
    """Record that a mail to this address was RETURNED, or a COMPLAINT, at `happened_at`; None: now."""
    db.session().execute(_RECORD, {"address": _hashed(email), "problem": problem, "at": happened_at})


def accepted(email: str, at: datetime) -> None:
    """Record that the mail server accepted a mail to this address, which began to be sent at `at`."""
    db.session().execute(_ACCEPTED, {"address": _hashed(email), "at": at, "returned": RETURNED})


def forget_address(email: str) -> None:
    """Delete what is known of this address."""
    db.session().execute(
        text("delete from users.address_problems where address = :address"), {"address": _hashed(email)}
    )


def delete_old() -> None:
    """Delete what was reported more than KEPT_DAYS ago."""
    db.session().execute(
        text(
            "delete from users.address_problems"
            " where happened_at < clock_timestamp() - make_interval(days => :days)"
        ),
        {"days": KEPT_DAYS},
    )


def _hashed(email: str) -> str:
    return keyed_hash(f"mail address {email_for_lookup(email)}")
