"""Sessions of people whom an identity provider signed in: the worker asks the provider whether they still hold.

A refresh token of the session is stored sealed. Staff are asked about every STAFF_MINUTES, customers every
CUSTOMER_HOURS: whom the provider refuses loses the session, and changed groups change the role. While the provider does
not answer, sessions stay. The token of a session that has ended here is revoked.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from sqlalchemy import Row, text

from app.core import db
from app.core.config import settings
from app.core.sealing import Sealer
from app.users import sessions
from app.users.group_roles import give_role
from app.users.provider_session_models import ProviderSessionRow

if TYPE_CHECKING:
    from app.adapters.identity.hosted import HostedSignIn

log = logging.getLogger("bilheteria.users")

STAFF_MINUTES, CUSTOMER_HOURS = 5, 24
BATCH, LEASE_SECONDS = 20, 60
WORK_SECONDS = 5.0  # of one run: other ticks wait
_SEALER = Sealer(b"bilheteria provider sessions")
_PAUSE = f"""
    case when (select role from users.users where id = :user_id) = 'customer'
      then interval '{CUSTOMER_HOURS} hours' else interval '{STAFF_MINUTES} minutes' end
"""  # noqa: S608 (no value is put in)
_KEEP = f"""
    insert into users.{ProviderSessionRow.__tablename__} (key, issuer, subject, sealed_token, due_at)
    values (:key, :issuer, :subject, :sealed, clock_timestamp() + {_PAUSE})
"""  # noqa: S608 (no value is put in)
# The lease lets another worker go on after a crash, and is the pause after an outage of the provider.
_LEASE = """
    update users.provider_sessions p set due_at = clock_timestamp() + make_interval(secs => :seconds)
    from users.sessions s
    where s.key = p.key and p.key in (
      select key from users.provider_sessions where due_at <= clock_timestamp()
      order by due_at limit :most for update skip locked)
    returning p.key, p.issuer, p.subject, p.sealed_token, s.user_id, s.ended_at is not null as is_over
"""
_RENEWED = f"""
    update users.provider_sessions set sealed_token = :sealed, due_at = clock_timestamp() + {_PAUSE} where key = :key
"""  # noqa: S608 (no value is put in)
# The provider may have signed the person out everywhere: their other sessions need not wait for their turn.
_ASK_ABOUT_OTHERS = """
    update users.provider_sessions set due_at = clock_timestamp() where key in (
      select p.key from users.provider_sessions p join users.sessions s using (key)
      where s.user_id = :user_id and p.key <> :key for update of p skip locked)
"""


@dataclass(frozen=True, slots=True)
class ProviderSession:
    """What the provider gave at a sign-in. Without a refresh token nothing can be asked later."""

    issuer: str
    subject: str
    refresh_token: str


def keep_provider_session(key: str, user_id: int, given: ProviderSession) -> None:
    """Have the provider asked about the session with this key from now on."""
    if given.refresh_token:
        sealed = _sealed(given.refresh_token, key)
        values = {
            "key": key,
            "user_id": user_id,
            "issuer": given.issuer,
            "subject": given.subject,
            "sealed": sealed,
        }
        db.session().execute(text(_KEEP), values)


def ask_about_due_sessions(provider: HostedSignIn) -> None:
    """Ask the provider about the sessions that are due, for WORK_SECONDS at most."""
    from app.adapters.identity.hosted import ProviderUnavailable

    until = time.monotonic() + WORK_SECONDS
    try:
        for row in _due(until):
            if row.is_over:
                _revoke(provider, row)
            else:
                _renew(provider, row)
    except ProviderUnavailable as error:
        log.info("sessions not renewed", extra={"retry_after": error.retry_after})


def _due(until: float) -> Iterator[Row[Any]]:
    """The sessions that are due, leased, until the time of `time.monotonic` is over."""
    while time.monotonic() < until:
        with db.transaction() as session:
            rows = session.execute(text(_LEASE), {"most": BATCH, "seconds": LEASE_SECONDS}).all()
        for row in rows:
            if time.monotonic() >= until:
                return  # the rest is due again after the lease
            yield row
        if len(rows) < BATCH:
            return


def _renew(provider: HostedSignIn, row: Row[Any]) -> None:
    """Ask about one session, over the network, and store the answer. Raises ProviderUnavailable."""
    from app.adapters.identity.hosted import SignInRefused

    token = _opened(row)
    with db.reading() as session:
        now = session.execute(text("select clock_timestamp()")).scalar_one()
    try:
        if token is None or row.issuer != settings().identity.issuer:
            raise SignInRefused("the refresh token cannot be used any more")
        renewed = provider.renew(token, now)
        if renewed.person is not None and renewed.person.subject != row.subject:
            raise SignInRefused("another person")
    except SignInRefused as error:
        log.info("session ended by the provider", extra={"reason": str(error)})
        _end(row)
        return
    with db.transaction() as session:
        if renewed.person is not None:
            give_role(row.user_id, renewed.person.groups)
        values = {"key": row.key, "user_id": row.user_id, "sealed": _sealed(renewed.refresh_token, row.key)}
        session.execute(text(_RENEWED), values)


def _end(row: Row[Any]) -> None:
    with db.transaction() as session:
        sessions.end_session(row.key)
        _forget(row.key)
        session.execute(text(_ASK_ABOUT_OTHERS), {"key": row.key, "user_id": row.user_id})


def _revoke(provider: HostedSignIn, row: Row[Any]) -> None:
    """Revoke the token of a session that has ended here. Raises ProviderUnavailable."""
    token = _opened(row)
    if token is not None and row.issuer == settings().identity.issuer:
        provider.revoke(token)
    with db.transaction():
        _forget(row.key)


def _forget(key: str) -> None:
    db.session().execute(text("delete from users.provider_sessions where key = :key"), {"key": key})


def _sealed(token: str, key: str) -> bytes:
    return _SEALER.seal(token.encode(), key.encode(), settings().web.accepted_keys)


def _opened(row: Row[Any]) -> str | None:
    """The refresh token; None if it was sealed with a secret key that the settings no longer have."""
    opened = _SEALER.open(bytes(row.sealed_token), row.key.encode(), settings().web.accepted_keys)
    return opened.secret.decode() if opened is not None else None
