"""Secrets in AWS Secrets Manager."""

from __future__ import annotations

import time
from contextlib import suppress
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

from app.adapters import aws
from app.adapters.aws import AwsError

CONNECT_SECONDS, READ_SECONDS = 1, 2  # a page may wait for a new password
ATTEMPTS = 2
clock = time.time


class SecretsError(Exception):
    """Secrets Manager did not answer, or refused. The message has the secret's name and never its value."""


class BadAddress(ValueError):
    """The setting is not a valid address of a store of secrets; the message shows the valid form."""


@dataclass(frozen=True)
class Secret:
    """A secret, the value before its last change, if there is one, and the age of the current value in seconds."""

    value: str
    previous: str | None
    age: float

    def __repr__(self) -> str:
        return "Secret(…)"


def check_address(address: str) -> None:
    """`secretsmanager:?region=…&endpoint=…`. Raises BadAddress."""
    with suppress(ValueError):  # unknown options
        parts = urlsplit(address)
        aws.options(parts.query)
        if parts.scheme == "secretsmanager" and not (parts.netloc + parts.path + parts.fragment):
            return
    raise BadAddress("secrets are in secretsmanager:?region=sa-east-1")


class SecretsManager:
    """The secrets of one region. Raises SecretsError, also from the constructor."""

    def __init__(self, address: str) -> None:
        check_address(address)
        retries = {"total_max_attempts": ATTEMPTS, "mode": "standard"}
        try:
            self._client = aws.client(
                "secretsmanager",
                urlsplit(address).query,
                read_seconds=READ_SECONDS,
                connect_timeout=CONNECT_SECONDS,
                retries=retries,
            )
        except AwsError as error:
            raise SecretsError(str(error)) from None

    def read(self, name: str) -> Secret:
        """The secret of this name or ARN."""
        current = self._get(name, "AWSCURRENT")
        try:
            previous = self._get(name, "AWSPREVIOUS")["SecretString"]
        except AwsError as error:
            if error.code != "ResourceNotFoundException":  # the secret was never changed
                raise SecretsError(f"{name}: {error}") from None
            previous = None
        return Secret(current["SecretString"], previous, clock() - current["CreatedDate"].timestamp())

    def read_current(self, name: str) -> str:
        """The current value alone, in one call."""
        return str(self._get(name, "AWSCURRENT")["SecretString"])

    def _get(self, name: str, stage: str) -> Any:
        try:
            answer = aws.call(self._client, "get_secret_value", SecretId=name, VersionStage=stage)
        except AwsError as error:
            if stage != "AWSCURRENT":
                raise
            raise SecretsError(f"{name}: {error}") from None
        if "SecretString" not in answer:
            raise SecretsError(f"{name} is binary, and a setting is text")
        return answer
