"""Conditional answers: an ETag of the body, and 304 to a caller who has it already."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import Any

from flask import Response, after_this_request, request


def with_etag(seconds: int) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
    """Decorate a view whose answer is the same for everybody and may be `seconds` old."""

    def decorate(view: Callable[..., Any]) -> Callable[..., Any]:
        @wraps(view)
        def conditional(*arguments: Any, **named: Any) -> Any:
            @after_this_request
            def tag(response: Response) -> Response:
                if response.status_code == 200:
                    response.headers["Cache-Control"] = f"public, max-age={seconds}"
                    response.add_etag(weak=True)
                    response.make_conditional(request)
                return response

            return view(*arguments, **named)

        return conditional

    return decorate
