"""Browsers that are signed in: a row for each sign-in, named by the key that its cookie carries.

A row outlives its sign-out for a while: the browser that shows its key is known to be the account's.
"""

from __future__ import annotations

from collections.abc import Collection

from sqlalchemy import text

from app.core import codes, db
from app.core.errors import NotFound
from app.users.views import COLUMNS, User

DAYS = 30  # from the sign-in on, whatever is done meanwhile

_OWNER = f"""
    select {COLUMNS} from users.sessions session join users.users account on account.id = session.user_id
    where session.key = :key and session.ended_at is null
      and session.began_at > clock_timestamp() - make_interval(days => :days)
"""  # noqa: S608 (no value is put in)


def begin_session(user_id: int, *, instead_of: str | None = None) -> str:
    """The key of a new session; the one that it takes the place of is over."""
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
    """The account that is signed in with `key`. Raises NotFound, once the session has ended."""
    row = db.session().execute(text(_OWNER), {"key": key, "days": DAYS}).one_or_none()
    if row is None:
        raise NotFound("session")
    return User.of(row)


def end_session(key: str) -> None:
    """Sign out: whoever has copied the cookie is signed out with it. Other sessions of the account go on."""
    db.session().execute(
        text("update users.sessions set ended_at = clock_timestamp() where key = :key and ended_at is null"),
        {"key": key},
    )


def end_all(user_id: int) -> None:
    """The account has another password: every browser is signed out, and none is known any more."""
    db.session().execute(text("delete from users.sessions where user_id = :id"), {"id": user_id})


def known(user_id: int, keys: Collection[str]) -> str | None:
    """One of `keys` that was given out when this account signed in; None for a browser that it never signed in from."""
    if not keys:
        return None
    found = db.session().execute(
        text(
            "select key from users.sessions where key = any(:keys) and user_id = :id"
            " and began_at > clock_timestamp() - make_interval(days => :days) order by began_at desc limit 1"
        ),
        {"keys": list(keys), "id": user_id, "days": DAYS},
    )
    return found.scalar()


def sweep() -> None:
    """Drop sessions whose time is over."""
    db.session().execute(
        text("delete from users.sessions where began_at < clock_timestamp() - make_interval(days => :days)"),
        {"days": DAYS},
    )
