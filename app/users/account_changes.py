"""Changes of how an account is signed in to: its owner gets a mail of each, to notice one that somebody else made.

The message has the account's id alone: the worker reads the address, so that an erased account gets no mail.
"""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import text

from app.core import db, i18n, outbox
from app.core.messages import AccountChanged
from app.users.second_factor_models import CHANGES as SECOND_FACTOR_CHANGES
from app.users.views import COLUMNS, User

PASSWORD = "password"  # noqa: S105 (the name of a change)
CHANGES = (*SECOND_FACTOR_CHANGES, PASSWORD)
TEMPLATE = "account_changed"
# No site is known here, and an account belongs to all of them; the mail names this time as that of Brasília.
_ZONE = "America/Sao_Paulo"
_STATE = """
    select clock_timestamp() as now, (select count(*) from users.recovery_codes where user_id = :id) as codes_left
"""


def tell_owner(user_id: int, change: str) -> None:
    """Have the owner of the account get a mail about `change` (CHANGES), which the caller's transaction makes."""
    row = db.session().execute(text(_STATE), {"id": user_id}).one()
    outbox.publish(AccountChanged(user_id, change, row.now.isoformat(), row.codes_left))


def recipient(message: AccountChanged) -> User | None:
    """The account that gets the mail. None if it is gone, or has not confirmed its e-mail and is no account of staff.

    Anybody can sign up with another person's e-mail; that person must not get a mail each time the password changes.
    """
    with db.reading() as session:
        query = text(f"select {COLUMNS} from users.users where id = :id")  # noqa: S608 (no value is put in)
        row = session.execute(query, {"id": message.user_id}).one_or_none()
    found = User.of(row) if row is not None else None
    return found if found and (found.verified or message.change != PASSWORD) else None


def facts(message: AccountChanged, locale: str) -> dict[str, object]:
    """The variables of the mail's template. It has no name, no code and no network address."""
    moment = datetime.fromisoformat(message.happened_at)
    return {
        "change": message.change,
        "day": i18n.format_day_short(i18n.local(moment, _ZONE).date(), locale),
        "time_of_day": i18n.format_time(moment, locale, _ZONE),
        "codes_left": message.codes_left,
    }
