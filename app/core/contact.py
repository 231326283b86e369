"""Who a person is and where to write: names and e-mail addresses, checked. Pure; no network."""

from __future__ import annotations

import unicodedata

from email_validator import EmailNotValidError, validate_email

from app.core.errors import Invalid

LONGEST_NAME = 120
LONGEST_EMAIL = 254


def checked_name(name: str) -> str:
    """One line, without control characters or direction marks: a name stands in mails and on paper.

    Raises Invalid `name.missing`, `name.no_letters` (of marks or emoji alone), `name.too_long`.
    """
    visible = (ch for ch in name if ch.isspace() or unicodedata.category(ch) not in ("Cc", "Cf", "Cs"))
    name = " ".join("".join(visible).split())
    if not name:
        raise Invalid("name.missing", "name")
    if not any(ch.isalpha() for ch in name):
        raise Invalid("name.no_letters", "name")
    if len(name) > LONGEST_NAME:
        raise Invalid("name.too_long", "name", most=LONGEST_NAME)
    return name


def checked_email(email: str) -> str:
    """The address in lower case, so that the same one is the same account. Raises Invalid `email.missing`, `.wrong`.

    Letters beyond ASCII are taken in the domain, not before the @: few servers could deliver that.
    """
    email = email.strip()
    if not email:
        raise Invalid("email.missing", "email")
    if len(email) > LONGEST_EMAIL:
        raise Invalid("email.wrong", "email")
    try:
        found = validate_email(email, check_deliverability=False, allow_smtputf8=False)
    except EmailNotValidError:
        raise Invalid("email.wrong", "email") from None
    return found.normalized.lower()
