"""Clients of AWS services: their options in an address, their time limits and their errors.

Credentials are found as every AWS program finds them: in the environment, or from the machine's role.
"""

from __future__ import annotations

import re
from collections.abc import Set
from typing import Any
from urllib.parse import parse_qsl

_SERVER = re.compile(r"https?://[^\s/]+/?")
_OPTIONS = {"region": re.compile(r"[a-z0-9-]+"), "endpoint": _SERVER, "links": _SERVER}
_OF_EVERY_SERVICE = frozenset({"region", "endpoint"})
CONNECT_SECONDS = 3
MOST_ATTEMPTS = 3  # of one call, the first one included


class AwsError(Exception):
    """AWS refused with `code`, or did not answer: then `code` is empty."""

    def __init__(self, action: str, error: Exception, code: str = "") -> None:
        super().__init__(f"{action}: {error}")
        self.code = code


def options(query: str, allowed: Set[str] = _OF_EVERY_SERVICE) -> dict[str, str]:
    """The options `region=…&endpoint=…` of an address. Raises ValueError for options that are not `allowed`."""
    found = dict(parse_qsl(query, keep_blank_values=True))
    for name, value in found.items():
        if name not in allowed or not _OPTIONS[name].fullmatch(value):
            raise ValueError(f"unknown option {name}")
    return found


def client(service: str, query: str, *, read_seconds: float, **config: Any) -> Any:
    """A thread-safe client of `service`, with the options of an address. Raises AwsError without a region.

    `read_seconds` is the time limit for an answer, and `config` has further values of botocore's Config.
    """
    import boto3
    from botocore.config import Config
    from botocore.exceptions import BotoCoreError

    found = options(query)
    limits: dict[str, Any] = {
        "connect_timeout": CONNECT_SECONDS,
        "read_timeout": read_seconds,
        "retries": {"total_max_attempts": MOST_ATTEMPTS, "mode": "standard"},
    }
    try:
        # Make a session: boto3's default session is not thread-safe.
        return boto3.session.Session().client(  # type: ignore[call-overload]
            service,
            region_name=found.get("region"),
            endpoint_url=found.get("endpoint"),
            config=Config(**(limits | config)),
        )
    except BotoCoreError as error:
        raise AwsError(service, error) from None


def call(made: Any, action: str, read: str = "", **values: Any) -> Any:
    """The answer of an action of a client, or the content of its stream `read`. Raises AwsError."""
    from botocore.exceptions import BotoCoreError, ClientError

    try:
        answer = getattr(made, action)(**values)
        return answer[read].read() if read else answer
    except ClientError as error:
        raise AwsError(action, error, str(error.response.get("Error", {}).get("Code", ""))) from None
    except BotoCoreError as error:
        raise AwsError(action, error) from None
