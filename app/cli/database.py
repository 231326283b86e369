"""The database of a command: DATABASE_URL, or the embedded Postgres of the box office that runs."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import click

if TYPE_CHECKING:
    from app.core.config import Settings


class NoDatabase(click.ClickException):
    """There is no database, it does not answer, or it has no tables; the message is one line."""


class OnDatabase(click.Command):
    """A command that needs the database."""

    def invoke(self, ctx: click.Context) -> Any:
        with connected():
            return super().invoke(ctx)


class GroupOnDatabase(click.Group):
    """Commands that need the database."""

    def invoke(self, ctx: click.Context) -> Any:
        with connected():
            return super().invoke(ctx)


@contextmanager
def connected() -> Iterator[None]:
    """Connect `core.db`, unless the application has done it. Raises NoDatabase."""
    from sqlalchemy.exc import OperationalError, ProgrammingError

    from app.core import db
    from app.core.config import settings

    if not settings().database.url:
        db.connect(database_url(settings()), pool_size=2)
    try:
        yield
    except OperationalError as error:
        raise NoDatabase(f"the database does not answer: {_first_line(error.orig)}") from None
    except ProgrammingError as error:
        if getattr(error.orig, "pgcode", "") not in (UNDEFINED_TABLE, UNDEFINED_SCHEMA):
            raise
        raise NoDatabase("the database has no tables yet: run `flask --app wsgi prepare`") from None


UNDEFINED_TABLE = "42P01"
UNDEFINED_SCHEMA = "3F000"


def database_url(settings: Settings) -> str:
    """DATABASE_URL, else that of the embedded Postgres that runs on the data folder. Raises NoDatabase."""
    from app.adapters import postgres

    if settings.database.url:
        return settings.database.url
    try:
        server = postgres.running(settings.storage.var / "postgres")
    except postgres.PostgresError as error:
        raise NoDatabase(str(error)) from None
    if server is None:
        raise NoDatabase(
            f"no database runs on {settings.storage.var}: start the box office (make run) with the same BILHETERIA_VAR,"
            " or set DATABASE_URL"
        )
    return server.url


def _first_line(error: object) -> str:
    return next((line.strip() for line in str(error).splitlines() if line.strip()), "no reason given")
