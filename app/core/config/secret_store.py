"""Settings whose values are in a store of secrets: NAME_SECRET has the secret's name (or ARN) there."""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any
from urllib.parse import quote, urlsplit

from pydantic import BaseModel

from app.core.config import environment

if TYPE_CHECKING:
    from app.adapters.secrets_manager import Secret, SecretsManager

DATABASE, KEY, PREVIOUS_KEY = "DATABASE_URL", "SECRET_KEY", "SECRET_KEY_PREVIOUS"


class SecretsUnavailable(Exception):
    """The store of secrets did not answer, or has a value that cannot be used. The message has no value."""


def named(settings: type[BaseModel]) -> dict[str, str]:
    """The names of the secrets by the variables whose values they have."""
    secret = [name for name, field in environment.variables(settings).items() if environment.is_secret(field)]
    return {name: text for name in secret if (text := os.environ.get(f"{name}_SECRET", "").strip())}


def mistakes(settings: type[BaseModel]) -> list[str]:
    """A line for each variable that is set twice. DATABASE_URL may have what its secret lacks: host and name."""
    return [
        f"set {name} or {name}_SECRET, not both"
        for name in named(settings)
        if name != DATABASE and any(os.environ.get(other, "").strip() for other in (name, f"{name}_FILE"))
    ]


def read(settings: type[BaseModel], address: str, refresh_seconds: int) -> dict[str, str]:
    """The values of all variables that have a secret, from the store at `address`. Raises SecretsUnavailable."""
    wanted = named(settings)
    if not wanted:
        return {}
    from app.adapters.secrets_manager import SecretsError, SecretsManager

    try:
        return _values(wanted, SecretsManager(address), refresh_seconds)
    except (SecretsError, ValueError) as error:
        raise SecretsUnavailable(f"secrets: {error}") from None


def _values(wanted: Mapping[str, str], store: SecretsManager, refresh_seconds: int) -> dict[str, str]:
    found: dict[str, str] = {}
    for variable, secret in wanted.items():
        if variable == KEY:
            found |= _keys(store.read(secret), refresh_seconds)
        elif variable == DATABASE:
            found[variable] = _database_url(store.read_current(secret).strip())
        else:
            found[variable] = store.read_current(secret).strip()
        if not found[variable]:
            raise ValueError(f"{secret} is empty")
    return found


def _keys(secret: Secret, refresh_seconds: int) -> dict[str, str]:
    """A new key is accepted at once, and signs when all processes have read it: after two periods."""
    current, previous = secret.value.strip(), (secret.previous or "").strip()
    if previous and secret.age < 2 * refresh_seconds:
        current, previous = previous, current
    return {KEY: current, PREVIOUS_KEY: previous}


def _database_url(text: str) -> str:
    """The URL in a secret: as text, or from the JSON object that the rotation of RDS keeps.

    Host and name are those of DATABASE_URL, where it is set: the host in such an object is the server that the rotation
    changes, and processes may connect through a proxy. An object may also have user and password alone.
    """
    if not text.startswith("{"):
        return text
    try:
        values: dict[str, Any] = json.loads(text)
        user, password = quote(str(values["username"]), safe=""), quote(str(values["password"]), safe="")
    except (ValueError, KeyError, TypeError):
        raise ValueError(f"{DATABASE}_SECRET: the JSON of the secret has no username and password") from None
    rest = urlsplit(os.environ.get(DATABASE, "").strip())
    if not rest.hostname and "host" in values:
        name = values.get("dbname") or "postgres"
        return f"postgresql://{user}:{password}@{values['host']}:{values.get('port') or 5432}/{name}"
    if not rest.hostname:
        raise ValueError(f"{DATABASE}_SECRET: the secret has no host; set {DATABASE} without a password too")
    return rest._replace(netloc=f"{user}:{password}@{rest.netloc.rpartition('@')[2]}").geturl()
