"""The Flask application of Bilheteria."""

from __future__ import annotations

import logging
from types import TracebackType

from flask import Flask, g, request

log = logging.getLogger("bilheteria.web")


class Application(Flask):
    def log_exception(
        self, exc_info: tuple[type, BaseException, TracebackType] | tuple[None, None, None]
    ) -> None:
        log_unexpected(exc_info[1])


def log_unexpected(error: BaseException | None) -> None:
    """Log an error with its route, and mark the request's span as failed.

    Flask would log the address, which can contain the token of an order.
    """
    if "span" in g:
        g.span.fail(error)
    log.error(
        "unexpected", exc_info=error, extra={"route": request.url_rule.rule if request.url_rule else ""}
    )
