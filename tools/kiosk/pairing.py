"""Confirms the code that the demo's kiosk shows, as a manager does on the devices page."""

from __future__ import annotations

import psycopg2

from app.core import db
from app.core.actor import Actor
from app.users import service as users

NAME = "Kiosk 1"


def pair_waiting(database_url: str) -> str | None:
    """Pair the machine that shows a code, if there is one; return the name that it got."""
    found = _waiting(database_url)
    if found is None:
        return None
    code, site_id, manager_id = found
    db.connect(database_url, pool_size=2)
    with db.transaction():
        users.confirm_pairing(code, site_id, NAME, Actor(user_id=manager_id))
    return NAME


def _waiting(database_url: str) -> tuple[str, int, int] | None:
    connection = psycopg2.connect(database_url)
    try:
        with connection, connection.cursor() as cursor:
            cursor.execute(
                "select code, (select min(id) from events.cinemas),"
                " (select min(id) from users.users where role = 'manager')"
                " from users.pairings where device_id is null and expires_at > clock_timestamp()"
                " order by expires_at desc limit 1"
            )
            row = cursor.fetchone()
    finally:
        connection.close()
    return (str(row[0]), int(row[1]), int(row[2])) if row else None
