"""The texts of problem documents in the caller's language: title and sentence of a status, and what is wrong where.

marshmallow and the JSON reader say in English what is wrong with an argument. Each of their texts has a sentence here.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from http import HTTPStatus

from flask_babel import gettext as _


def title(status: int) -> str:
    """The name of a status, as a title."""
    titles = {
        400: _("Bad request"),
        401: _("Not signed in"),
        403: _("Not allowed"),
        404: _("Not found"),
        405: _("Method not allowed"),
        409: _("Conflict"),
        413: _("Too large"),
        415: _("Not JSON"),
        422: _("Something does not fit"),
        429: _("Too many requests"),
        500: _("Error of the server"),
        503: _("Not available now"),
    }
    return titles.get(status) or HTTPStatus(status).phrase


def sentence_of_status(status: int) -> str:
    """What happened, where nothing more is known than the status."""
    sentences = {
        400: _("The request could not be read."),
        403: _("This is not allowed."),
        404: _("It does not exist, or it belongs to somebody else."),
        405: _("This address does not take this method: see the header Allow."),
        409: _("Something has changed. Read it again."),
        413: _("The body is too large: 256 KB at most."),
        415: _("Send JSON, with the content type application/json."),
        422: _("Some arguments do not fit: see the member errors."),
        429: _("Too many requests in a short time. Wait as long as the header Retry-After says."),
        503: _("The service is not available now. Try again in a few seconds."),
    }
    if status >= 500:
        usual = _("Something broke on our side. Nothing was charged twice; please try again.")
    else:
        usual = _("The request could not be read.")
    return sentences.get(status, usual)


def sentence_of_field(text: str) -> str:
    """The sentence for a text of marshmallow or of `adapters.incoming_json` about one argument or member."""
    for pattern, sentence in _SENTENCES:
        if found := pattern.fullmatch(text):
            return sentence(**found.groupdict())
    return _("That does not fit.")


def _sentences(*pairs: tuple[str, Callable[..., str]]) -> list[tuple[re.Pattern[str], Callable[..., str]]]:
    return [(re.compile(pattern, re.DOTALL), sentence) for pattern, sentence in pairs]


_SENTENCES = _sentences(
    (r"Missing data for required field\.", lambda: _("This is missing.")),
    (r"Field may not be null\.", lambda: _("This must not be null.")),
    (r"Unknown field\.", lambda: _("This is not known here.")),
    (r"Not a valid (utf-8 )?string\.", lambda: _("Send a text.")),
    (r"Not a valid (integer|number)\.|Number too large\.", lambda: _("Send a whole number.")),
    (r"Not a valid boolean\.", lambda: _("Send true or false.")),
    (r"Not a valid date\.", lambda: _("Send a date such as 2026-12-05.")),
    (
        r"Not a valid (aware )?datetime\.",
        lambda: _("Send a time with its zone, such as 2026-12-05T20:30:00Z."),
    ),
    (r"Not a valid UUID\.", lambda: _("Send a UUID.")),
    (r"Not a valid list\.", lambda: _("Send a list.")),
    (r"Invalid (input )?type\.", lambda: _("Send an object.")),
    (r"Must be one of: (?P<choices>.*)\.", lambda choices: _("Send one of: %(choices)s.", choices=choices)),
    (
        r"Must be greater than or equal to (?P<least>\S+) and less than or equal to (?P<most>\S+)\.",
        lambda least, most: _("Send a number from %(least)s to %(most)s.", least=least, most=most),
    ),
    (
        r"Shorter than minimum length (?P<least>\d+)\.",
        lambda least: _("Too short: the length is %(least)s at least.", least=least),
    ),
    (
        r"Longer than maximum length (?P<most>\d+)\.",
        lambda most: _("Too long: the length is %(most)s at most.", most=most),
    ),
    (
        r"Length must be between (?P<least>\d+) and (?P<most>\d+)\.",
        lambda least, most: _("The length is from %(least)s to %(most)s.", least=least, most=most),
    ),
    (r"no JSON: line (?P<line>\d+)", lambda line: _("This is no JSON: look at line %(line)s.", line=line)),
    (r"nested deeper than (?P<most>\d+)", lambda most: _("More than %(most)s levels.", most=most)),
    (r"not UTF-8", lambda: _("Send JSON in UTF-8.")),
    (r"a number is too (long|large)", lambda: _("A number is too large.")),
    (r"NaN and Infinity are no JSON", lambda: _("NaN and Infinity are no JSON.")),
    (r"one object has a name twice", lambda: _("An object has two members of one name.")),
    (
        r"a text holds a NUL or half of a surrogate pair",
        lambda: _("A text has a NUL or half of a surrogate pair."),
    ),
)
