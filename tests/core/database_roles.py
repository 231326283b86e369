"""The roles of the database for tests: made on the test server, and `core.db` connected as one of them."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing, contextmanager

from flask import has_request_context, request
from sqlalchemy import Connection, NullPool, create_engine, event
from sqlalchemy.engine.interfaces import DBAPIConnection
from sqlalchemy.pool import ConnectionPoolEntry

from app.adapters.postgres_limits import plain
from app.core import cache, database_roles, db, ladder
from app.core.config import PAGES
from app.core.connection_pool import FairPool
from app.web.service_routes import service_of

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


@contextmanager
def requests_as_roles() -> Iterator[None]:
    """Give each connection that a request to the API takes the role of the process that serves its address.

    Everything else, such as the test itself, stays the owner.
    """

    def take_role(connection: DBAPIConnection, record: ConnectionPoolEntry, _: object) -> None:
        wanted = _role_of_request()
        if wanted != record.info.get("role"):
            with closing(connection.cursor()) as cursor:
                cursor.execute(f"set role {wanted}" if wanted else "reset role")
            connection.commit()
            record.info["role"] = wanted

    event.listen(FairPool, "checkout", take_role)
    try:
        yield
    finally:
        event.remove(FairPool, "checkout", take_role)


def _role_of_request() -> str | None:
    service = service_of(request.path) if has_request_context() else PAGES
    return None if service == PAGES else database_roles.role_name(ladder.api_part(service))
