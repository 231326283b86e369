"""The errors that cross rooms. Each says whether trying again can help, and which status a page answers with."""

from __future__ import annotations


class BilheteriaError(Exception):
    """Base of every error that a service raises on purpose. `status` is what a face or REST answers."""

    status = 400


class Invalid(BilheteriaError):
    """The caller's input is wrong. `field` names where; `code` is a stable word that faces translate."""

    status = 422

    def __init__(self, code: str, field: str = "", **details: object) -> None:
        super().__init__(code)
        self.code = code
        self.field = field
        self.details = details


class NotFound(BilheteriaError):
    """Unknown, or somebody else's: the two are never told apart."""

    status = 404


class Conflict(BilheteriaError):
    """The world has moved on: lost seats, ended holds, an order in another state. `code` is a stable word."""

    status = 409

    def __init__(self, code: str, **details: object) -> None:
        super().__init__(code)
        self.code = code
        self.details = details


class TooMany(BilheteriaError):
    """Throttled; `retry_after` in seconds."""

    status = 429

    def __init__(self, retry_after: int) -> None:
        super().__init__(f"retry after {retry_after} s")
        self.retry_after = retry_after


class Retry(BilheteriaError):
    """A handler failed in a way that passes: the message comes again after `delay` seconds (None: backoff).

    `for_a_day`: what it needs may be away for hours, and nobody asks for it anew. It comes again for a day, at growing
    pauses, before it is a dead letter. `asked_anew`: the clock writes such a message again and again, as long as it
    matters. After its last try it is let go, and is no dead letter.
    """

    status = 503

    def __init__(
        self, reason: str, delay: float | None = None, *, for_a_day: bool = False, asked_anew: bool = False
    ) -> None:
        super().__init__(reason)
        self.delay = delay
        self.for_a_day = for_a_day
        self.asked_anew = asked_anew


class Poison(BilheteriaError):
    """A handler can never succeed with this message: it goes to the dead letters at once."""

    status = 500
