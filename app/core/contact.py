"""Names and e-mail addresses, checked and normalised. Pure; no network."""

from __future__ import annotations

import re
from urllib.parse import unquote

from email_validator import EmailNotValidError, validate_email

from app.core.errors import Invalid
from app.core.text_input import canonical_line, visible_line

LONGEST_NAME = 120
LONGEST_EMAIL = 254
_LONGEST_PASTED = 1000
# `Ana Souza <ana@example.com>`, as mail programs copy it. A name with an @ could be an address of its own: not taken.
_NAMED = re.compile(r"[^<>@]*<([^<>]*)>?")
# Brackets, quotes and punctuation of the sentence around an address; an address cannot begin or end with them.
_AROUND_END, _AROUND_START = ".,;:!?)]}>\"'”’»›。、", '(<["“”„‘’«‹,;:.'


def checked_name(name: str) -> str:
    """The name in one line, without control characters or direction marks: it is printed in mails and on tickets.

    Raises Invalid `name.missing`, `name.no_letters` (only punctuation or emoji), `name.too_long`.
    """
    name = visible_line(name)
    if not name:
        raise Invalid("name.missing", "name")
    if not any(ch.isalpha() for ch in name):
        raise Invalid("name.no_letters", "name")
    if len(name) > LONGEST_NAME:
        raise Invalid("name.too_long", "name", most=LONGEST_NAME)
    return name


def checked_email(email: str) -> str:
    """The address in the spelling in which it is stored and compared. Raises Invalid `email.missing`, `email.wrong`.

    It is in lower case; the domain is in Unicode (`praça.example`, also where a browser sends `xn--praa-2oa.example`).
    Copied extras are removed: invisible characters, `mailto:`, `Ana <…>`, a full stop at the end. Letters beyond ASCII
    are accepted in the domain, not before the @: few servers could deliver that.
    """
    email = _unwrapped(canonical_line(email[:_LONGEST_PASTED]))
    if not email:
        raise Invalid("email.missing", "email")
    if len(email) > LONGEST_EMAIL:
        raise Invalid("email.wrong", "email")
    try:
        found = validate_email(email, check_deliverability=False, allow_smtputf8=False)
    except EmailNotValidError:
        raise Invalid("email.wrong", "email") from None
    return found.normalized.lower()


def email_for_lookup(email: str) -> str:
    """The spelling to look an address up by. It never raises: a text that is no address finds nothing."""
    try:
        return checked_email(email)
    except Invalid:
        return visible_line(email[:_LONGEST_PASTED]).lower()[:LONGEST_EMAIL]


def _unwrapped(email: str) -> str:
    before = ""
    while before != email:
        before = email
        if email.startswith("'") and email.endswith("'"):  # a single quote may belong to the address
            email = email[1:]
        if email[:7].lower() == "mailto:":
            email = canonical_line(unquote(email[7:].partition("?")[0]))
        named = _NAMED.fullmatch(email)
        email = (named[1] if named else email).lstrip(_AROUND_START).rstrip(_AROUND_END).strip()
    return email
