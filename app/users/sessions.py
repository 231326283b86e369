"""Sessions: one row for each sign-in, found by the key in the browser's cookie.

A row stays for a while after sign-out: its key still proves that the browser has signed in to the account before.
"""

from __future__ import annotations

from collections.abc import Collection

from sqlalchemy import text

from app.core import codes, db
from app.core.cache import Cache
from app.core.config import settings
from app.core.errors import NotFound
from app.users.views import COLUMNS, User

SESSION_DAYS = 30  # after the sign-in; use does not extend them
# Where an identity provider signs people in, staff sign in there again each day: it may have blocked somebody.
HOSTED_STAFF_HOURS = 12
RECENT_SECONDS = 2.0
# For the door's scans alone: a person whose session ended in another process could scan for two seconds more.
_recent: Cache[str, User] = Cache("sessions at the door", most=2_000, seconds=RECENT_SECONDS)

_OWNER = f"""
    select {COLUMNS} from users.sessions session join users.users account on account.id = session.user_id
    where session.key = :key and session.ended_at is null
      and session.began_at > clock_timestamp()
        - make_interval(hours => case when account.role = 'customer' then :hours else :staff_hours end)
"""  # noqa: S608 (no value is put in)


# Of a session that has ended the worker revokes the identity provider's token (provider_sessions.py).
_REVOKE_SOON = (
    "update users.provider_sessions p set due_at = clock_timestamp() from users.sessions s"
    " where s.key = p.key and s.ended_at is not null and {}"
)


def begin_session(user_id: int, *, instead_of: str | None = None) -> str:
    """Begin a session and return its key; the session `instead_of` ends."""
    key = codes.random_token()
    db.session().execute(
        text(
            "with over as ("
            "  update users.sessions set ended_at = clock_timestamp() where key = :old and ended_at is null)"
            " insert into users.sessions (key, user_id) values (:key, :user_id)"
        ),
        {"key": key, "user_id": user_id, "old": instead_of},
    )
    return key


def session_owner(key: str) -> User:
    """The account that is signed in with `key`. Raises NotFound if the session has ended."""
    hours = SESSION_DAYS * 24
    staff_hours = HOSTED_STAFF_HOURS if settings().identity.signs_in else hours
    values = {"key": key, "hours": hours, "staff_hours": staff_hours}
    row = db.session().execute(text(_OWNER), values).one_or_none()
    if row is None:
        raise NotFound("session")
    return User.of(row)


def recent_session_owner(key: str) -> User:
    """The same as `session_owner`, by a look that is RECENT_SECONDS old at most.

    A change of this process counts at once.
    """
    return _recent.get(key, lambda: session_owner(key))


def forget_recent() -> None:
    """Look again for every session, once the caller's transaction is committed."""
    db.after_commit(_recent.clear)


def end_session(key: str) -> None:
    """End the session, for copies of its cookie too; other sessions of the account stay."""
    db.session().execute(
        text("update users.sessions set ended_at = clock_timestamp() where key = :key and ended_at is null"),
        {"key": key},
    )
    db.session().execute(text(_REVOKE_SOON.format("p.key = :key")), {"key": key})
    forget_recent()


def sign_out_everywhere(user_id: int) -> None:
    """End all sessions of the account; its browsers stay known (`known_browser_key`)."""
    db.session().execute(
        text(
            "update users.sessions set ended_at = clock_timestamp() where user_id = :id and ended_at is null"
        ),
        {"id": user_id},
    )
    db.session().execute(text(_REVOKE_SOON.format("s.user_id = :id")), {"id": user_id})
    forget_recent()


def end_all(user_id: int) -> None:
    """Delete all sessions of the account, after a change of its password: no browser is signed in or known."""
    db.session().execute(text("delete from users.sessions where user_id = :id"), {"id": user_id})
    forget_recent()


def known_browser_key(user_id: int, keys: Collection[str]) -> str | None:
    """The latest of `keys` that is of a session of this account; None if the browser never signed in to it."""
    if not keys:
        return None
    found = db.session().execute(
        text(
            "select key from users.sessions where key = any(:keys) and user_id = :id"
            " and began_at > clock_timestamp() - make_interval(days => :days) order by began_at desc limit 1"
        ),
        {"keys": list(keys), "id": user_id, "days": SESSION_DAYS},
    )
    return found.scalar()


def delete_expired() -> None:
    """Delete the sessions that began more than SESSION_DAYS ago."""
    db.session().execute(
        text("delete from users.sessions where began_at < clock_timestamp() - make_interval(days => :days)"),
        {"days": SESSION_DAYS},
    )
