"""The user and password of new connections to Postgres, which can change while the process runs."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TypeVar
from urllib.parse import quote, urlsplit

import psycopg2
from psycopg2.extensions import parse_dsn

C = TypeVar("C")
# Postgres sends no code with a refused connection, only this text.
_REFUSED = "authentication failed"


class SignIn:
    """Replaces the user and password of a connection's URL after `use`; before, it changes nothing.

    `renew` is called after a refused sign-in with the `version` that was refused, and returns whether there is a newer
    one: then the sign-in is tried once more.
    """

    def __init__(self) -> None:
        self.version = 0
        self.renew: Callable[[int], bool] | None = None
        self._values: dict[str, str] = {}

    def use(self, url: str) -> None:
        """Sign in from now on as the user of `url`. Connections that exist stay signed in."""
        parts = parse_dsn(url.replace("postgresql+psycopg2://", "postgresql://", 1))
        self._values = {name: parts[name] for name in ("user", "password") if name in parts}
        self.version += 1

    def forget(self) -> None:
        """Use what the URL of the connection says."""
        self._values = {}
        self.version += 1

    def url(self, url: str) -> str:
        """`url` with the user and password of new connections."""
        if not self._values:
            return url
        parts = urlsplit(url)
        user, password = (quote(self._values.get(name, ""), safe="") for name in ("user", "password"))
        return parts._replace(netloc=f"{user}:{password}@{parts.netloc.rpartition('@')[2]}").geturl()

    def connect(self, dial: Callable[[Mapping[str, str]], C]) -> C:
        """Call `dial` with the parameters that replace those of the URL. Raises psycopg2.OperationalError."""
        version = self.version
        try:
            return dial(self._values)
        except psycopg2.OperationalError as error:
            if _REFUSED not in str(error) or self.renew is None or not self.renew(version):
                raise
        return dial(self._values)
