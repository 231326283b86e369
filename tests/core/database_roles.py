"""The roles of the database for tests: made on the test server, and `core.db` connected as one of them."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from sqlalchemy import Connection, NullPool, create_engine

from app.adapters.postgres_limits import plain
from app.core import cache, database_roles, db

_made: set[str] = set()


@contextmanager
def as_owner(url: str) -> Iterator[Connection]:
    """A transaction of the owner of the tables."""
    with create_engine(plain(url), poolclass=NullPool).begin() as connection:
        yield connection


def make_roles(url: str) -> None:
    """Make the roles on the server, and grant them in this database what they need; once for each database."""
    if url not in _made:
        with as_owner(url) as connection:
            database_roles.create(connection, {})
            database_roles.grant(connection, exact=True)
        _made.add(url)


@contextmanager
def connected_as(part: str) -> Iterator[None]:
    """Connect `core.db` as the role of `part`, as a process of it does, and then as the owner again."""
    owner = db.engine().url.render_as_string(hide_password=False)
    db.connect(database_roles.role_url(owner, part))
    try:
        yield
    finally:
        db.connect(owner)
        cache.clear_all()
