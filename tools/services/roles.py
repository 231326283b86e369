"""The database's roles in `make services`: each process connects as the role of its part."""

from __future__ import annotations

import psycopg2
from sqlalchemy import make_url

from app.adapters.postgres_limits import COMMANDS, open_connection
from app.core import database_roles, db
from app.core.config import PAGES


def make_roles(url: str) -> bool:
    """Make the roles of a database with all tables; whether processes can sign in as them without passwords.

    The embedded Postgres trusts all users of its socket. On another server all processes connect by the URL as it is.
    """
    if not str(make_url(url).query.get("host", "")).startswith("/"):
        return False
    db.connect(url, limits=COMMANDS)
    try:
        with db.migration_engine().begin() as connection:
            database_roles.create(connection, {})
            database_roles.grant(connection, exact=True)
        open_connection(database_roles.role_url(url, PAGES), COMMANDS).close()
    except psycopg2.OperationalError:
        return False
    finally:
        db.engine().dispose()
    return True
