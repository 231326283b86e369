"""Who a person is and where to write: names and e-mail addresses, checked. Pure; no network."""

from __future__ import annotations

import re
from urllib.parse import unquote

from email_validator import EmailNotValidError, validate_email

from app.core.errors import Invalid
from app.core.typed import plain, seen

LONGEST_NAME = 120
LONGEST_EMAIL = 254
_LONGEST_PASTED = 1000
# `Ana Souza <ana@example.com>`, as mail programs copy it. A name with an @ could be an address of its own: not taken.
_NAMED = re.compile(r"[^<>@]*<([^<>]*)>?")
# Brackets, quotes and stops of the sentence around an address; none of them can end one, or begin one.
_AROUND_END, _AROUND_START = ".,;:!?)]}>\"'”’»›。、", '(<["“”„‘’«‹,;:.'


def checked_name(name: str) -> str:
    """One line, without control characters or direction marks: a name stands in mails and on paper.

    Raises Invalid `name.missing`, `name.no_letters` (of marks or emoji alone), `name.too_long`.
    """
    name = seen(name)
    if not name:
        raise Invalid("name.missing", "name")
    if not any(ch.isalpha() for ch in name):
        raise Invalid("name.no_letters", "name")
    if len(name) > LONGEST_NAME:
        raise Invalid("name.too_long", "name", most=LONGEST_NAME)
    return name


def checked_email(email: str) -> str:
    """The address in the one spelling in which it is kept and compared. Raises Invalid `email.missing`, `.wrong`.

    Lower case; the domain in its own letters (`praça.example`, also where a browser sends `xn--praa-2oa.example`);
    without what copying and pasting adds: unseen signs, `mailto:`, `Ana <…>`, a full stop at the end. Letters beyond
    ASCII are taken in the domain, not before the @: few servers could deliver that.
    """
    email = _unwrapped(plain(email[:_LONGEST_PASTED]))
    if not email:
        raise Invalid("email.missing", "email")
    if len(email) > LONGEST_EMAIL:
        raise Invalid("email.wrong", "email")
    try:
        found = validate_email(email, check_deliverability=False, allow_smtputf8=False)
    except EmailNotValidError:
        raise Invalid("email.wrong", "email") from None
    return found.normalized.lower()


def email_to_find(email: str) -> str:
    """The spelling to look an address up by. It never raises: what is no address is simply not found."""
    try:
        return checked_email(email)
    except Invalid:
        return seen(email[:_LONGEST_PASTED]).lower()[:LONGEST_EMAIL]


def _unwrapped(email: str) -> str:
    before = ""
    while before != email:
        before = email
        if email.startswith("'") and email.endswith("'"):  # one alone may be the address's own
            email = email[1:]
        if email[:7].lower() == "mailto:":
            email = plain(unquote(email[7:].partition("?")[0]))
        named = _NAMED.fullmatch(email)
        email = (named[1] if named else email).lstrip(_AROUND_START).rstrip(_AROUND_END).strip()
    return email
