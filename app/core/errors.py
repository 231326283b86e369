"""The errors that services raise for front ends and for the worker; each has the HTTP status of its answer."""

from __future__ import annotations


class BilheteriaError(Exception):
    """Base of every error that a service raises on purpose. `status` is the HTTP status of the answer."""

    status = 400


class Invalid(BilheteriaError):
    """The caller's input is wrong. `field` is the form field; front ends translate the stable `code`."""

    status = 422

    def __init__(self, code: str, field: str = "", **details: object) -> None:
        super().__init__(code)
        self.code = code
        self.field = field
        self.details = details


class NotFound(BilheteriaError):
    """The thing does not exist, or belongs to somebody else: the caller does not learn which."""

    status = 404


class Conflict(BilheteriaError):
    """The state has changed: seats were lost, a hold has ended, an order is in another state. `code` is stable."""

    status = 409

    def __init__(self, code: str, **details: object) -> None:
        super().__init__(code)
        self.code = code
        self.details = details


class TooMany(BilheteriaError):
    """The caller is throttled; `retry_after` is in seconds."""

    status = 429

    def __init__(self, retry_after: int) -> None:
        super().__init__(f"retry after {retry_after} s")
        self.retry_after = retry_after


class Retry(BilheteriaError):
    """A handler failed for a temporary reason: the message is delivered again after `delay` seconds (None: backoff).

    `for_a_day`: retry for a day, with growing pauses, before the message becomes a dead letter. It is for messages that
    are sent once and need a service that may be down for hours. `discard_at_last`: after the last attempt the message
    is discarded instead of becoming a dead letter. It is for messages that a tick sends again while they are needed.
    """

    status = 503

    def __init__(
        self,
        reason: str,
        delay: float | None = None,
        *,
        for_a_day: bool = False,
        discard_at_last: bool = False,
    ) -> None:
        super().__init__(reason)
        self.delay = delay
        self.for_a_day = for_a_day
        self.discard_at_last = discard_at_last


class Poison(BilheteriaError):
    """A handler can never succeed with this message: it becomes a dead letter at once."""

    status = 500
