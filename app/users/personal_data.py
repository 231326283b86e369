"""The personal data of user-service: accounts, sessions, copies of mails. They can be exported and erased."""

from __future__ import annotations

from sqlalchemy import text

from app.adapters.mail import open_mail
from app.core import db
from app.core.config import settings
from app.users import sessions
from app.users.views import COLUMNS, User


def account_of(email: str) -> User | None:
    """The account with this e-mail, verified or not; None if there is none."""
    row = db.session().execute(
        text(f"select {COLUMNS} from users.users where lower(email) = lower(:email)"),  # noqa: S608 (no value is put in)
        {"email": email},
    ).one_or_none()  # fmt: skip
    return User.of(row) if row is not None else None


_EXPORT = text(
    """
    select jsonb_build_object('email', u.email, 'name', u.name, 'role', u.role, 'locale', u.locale,
      'verified_at', u.verified_at, 'created_at', u.created_at,
      'sessions', (select coalesce(jsonb_agg(jsonb_build_object('began_at', s.began_at, 'ended_at', s.ended_at)
          order by s.began_at), '[]') from users.sessions s where s.user_id = u.id),
      'external_subjects', (select coalesce(jsonb_agg(jsonb_build_object('issuer', e.issuer, 'subject', e.subject,
          'since', e.since) order by e.since), '[]') from users.external_subjects e where e.user_id = u.id),
      'second_factor_since', (select f.confirmed_at from users.second_factors f where f.user_id = u.id),
      'second_factor_changes', (select coalesce(jsonb_agg(jsonb_build_object('change', c.change,
          'happened_at', c.happened_at) order by c.id), '[]') from users.second_factor_changes c
          where c.user_id = u.id))
    from users.users u where u.id = :id
    """
)


def export_account(user_id: int) -> dict[str, object]:
    """The account and its sessions as JSON, without password, session keys and the key of the second factor."""
    return dict(db.session().execute(_EXPORT, {"id": user_id}).scalar_one())


def erase_account(user_id: int) -> None:
    """Delete the account, its sessions and its e-mail tokens."""
    db.session().execute(text("delete from users.users where id = :id"), {"id": user_id})
    sessions.forget_recent()


def erase_sent_mails(email: str) -> int:
    """Delete the copies of mails that were sent to a folder; returns their number. Must not be called in a transaction.

    Raises MailError.
    """
    config = settings()
    return open_mail(config.mail.url, config.mail_folder, config.mail.sender).delete_copies(email)
