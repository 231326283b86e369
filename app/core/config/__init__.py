"""Settings: read once from the environment into one frozen object."""

from __future__ import annotations

import os
import secrets
from collections.abc import Callable, Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any

from pydantic import BaseModel, ConfigDict, ValidationError, model_validator

from app.core.config import environment, groups, secret_store
from app.core.config.checks import PAGES, SERVICES
from app.core.config.secret_store import SecretsUnavailable

__all__ = ["PAGES", "SERVICES", "BadSetting", "SecretsUnavailable", "Settings", "settings", "use"]


class BadSetting(ValueError):
    """Settings in the environment are wrong. The message has a line for each mistake, with the variable's name."""


class Settings(BaseModel):
    """All settings of a process. A group that is not given to the constructor is read from the environment."""

    model_config = ConfigDict(frozen=True, extra="forbid", hide_input_in_errors=True)

    process: groups.Process = groups.Process()
    web: groups.Web = groups.Web()
    database: groups.Database = groups.Database()
    secrets: groups.Secrets = groups.Secrets()
    queue: groups.Queue = groups.Queue()
    storage: groups.Storage = groups.Storage()
    mail: groups.Mail = groups.Mail()
    cinema: groups.Cinema = groups.Cinema()
    holds: groups.Holds = groups.Holds()
    kiosk: groups.Kiosk = groups.Kiosk()
    identity: groups.Identity = groups.Identity()
    webhooks: groups.Webhooks = groups.Webhooks()
    payments: groups.Payments = groups.Payments()
    retention: groups.Retention = groups.Retention()

    @model_validator(mode="before")
    @classmethod
    def _add_environment(cls, given: Mapping[str, Any]) -> dict[str, Any]:
        return {**environment.values(cls), **given}

    @classmethod
    def from_env(cls, *, with_secrets: bool = True) -> Settings:
        """Read the environment, and the store of secrets if a variable names one.

        Makes the secret key if none is given. Without secrets neither is done: a health check, which runs every few
        seconds, needs none. Raises BadSetting with all mistakes.
        """
        mistakes = [
            *environment.unknown_names(cls),
            *environment.file_mistakes(cls),
            *secret_store.mistakes(cls),
        ]
        if with_secrets and not mistakes:
            try:
                environment.stored.update(_read_secrets(cls))
            except SecretsUnavailable as error:
                mistakes.append(str(error))
        try:
            read = cls()
        except ValidationError as error:
            mistakes += environment.lines(error.errors(), cls)
        if mistakes:
            raise BadSetting("\n".join(mistakes))
        if read.web.secret_key or not with_secrets:
            return read
        return read.changed(web={"secret_key": _secret_key(read.storage.var)})

    def changed(self, **changes: Mapping[str, Any]) -> Settings:
        """A copy with other values: `changed(holds={"max_seats": 4}, database={"url": None})`."""
        copies = {name: getattr(self, name) for name in type(self).model_fields}
        for name, values in changes.items():
            group = copies[name]
            copies[name] = type(group)(**{**group.model_dump(), **values})
        return type(self)(**copies)

    def with_variables(self, values: Mapping[str, str]) -> Settings:
        """A copy with other values of these variables. Raises ValidationError."""
        changes: dict[str, dict[str, str]] = {}
        for group, info in type(self).model_fields.items():
            assert info.annotation is not None
            for name, field in info.annotation.model_fields.items():
                if field.validation_alias in values:
                    changes.setdefault(group, {})[name] = values[str(field.validation_alias)]
        return self.changed(**changes)

    @property
    def mail_folder(self) -> Path:
        return self.storage.var / "mail"

    @property
    def ticket_folder(self) -> Path:
        return self.storage.var / "tickets"


def _secret_key(var: Path) -> str:
    """The secret key of one machine, made at the first start and stored in `var`, readable by its owner only."""
    path = var / "secret-key"
    try:
        if not path.exists():
            var.mkdir(parents=True, exist_ok=True)
            _write_once(path, secrets.token_urlsafe(48))
        return path.read_text().strip()
    except OSError as error:
        raise BadSetting(
            f"the data folder {var} cannot be used ({error.strerror}): set BILHETERIA_VAR"
        ) from None


def _write_once(path: Path, content: str) -> None:
    """Write a file unless it exists: if another process has written it first, its content stays."""
    with suppress(FileExistsError):
        handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(handle, "w") as file:
            file.write(content)


_current: Settings | None = None


def use(settings: Settings) -> Settings:
    """Make `settings` the process's current ones; create_app, the worker and the tests call it."""
    global _current
    _current = settings
    return settings


def settings() -> Settings:
    """The process's settings; reads the environment on first use."""
    return _current if _current is not None else use(Settings.from_env())


_when_changed: list[Callable[[Settings], None]] = []


def when_changed(hook: Callable[[Settings], None]) -> None:
    """Call `hook` with the new settings each time that a secret has changed."""
    _when_changed.append(hook)


def has_secrets() -> bool:
    """Whether a setting of this process has its value in a store of secrets."""
    return bool(secret_store.named(Settings))


def read_secrets_again() -> set[str]:
    """Read the store and use what has changed; returns the names of these variables. Raises SecretsUnavailable.

    Of a value that cannot be used the one before stays.
    """
    found = _read_secrets(Settings)
    changed = {name: value for name, value in found.items() if environment.stored.get(name) != value}
    if changed:
        try:
            after = settings().with_variables(changed)
        except ValidationError as error:
            names = {str(one["loc"][-1]) for one in error.errors()}
            raise SecretsUnavailable(f"a new secret cannot be used as {', '.join(sorted(names))}") from None
        environment.stored.update(changed)
        use(after)
        for hook in _when_changed:
            hook(after)
    return set(changed)


def _read_secrets(settings: type[Settings]) -> dict[str, str]:
    """The values of all variables that have a secret. Raises SecretsUnavailable."""
    try:
        store = groups.Secrets.model_validate(environment.group_values(settings.model_fields["secrets"]))
    except ValidationError:
        return {}  # the reading of all settings reports it
    return secret_store.read(settings, store.url, store.refresh_seconds)
