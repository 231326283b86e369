"""The command `demo`: loads two small cinemas with films, screenings and accounts; repeating it changes nothing."""

from __future__ import annotations

import click

from app.cli.database import OnDatabase


@click.command("demo", cls=OnDatabase)
def command() -> None:
    """Load the demo: cinemas, films, screenings, concessions, sold seats, and accounts to sign in with."""
    screenings, seats = load()
    click.echo(f"The demo is loaded: {screenings} screenings and {seats} sold seats added.")


def load() -> tuple[int, int]:
    """Write the demo of every service, in its own transactions; existing rows are not changed.

    Returns how many screenings and how many sold seats were added.
    """
    from app.cli.demo_sales import sell_some
    from app.core import db

    with db.transaction():
        screenings = load_demo()
    return screenings, sell_some()


def load_demo() -> int:
    """Write the demo without sold seats, in the caller's transaction. Returns the number of added screenings."""
    from app.events import demo as events
    from app.events.service import cinemas
    from app.products import demo as products
    from app.users import service as users

    screenings = events.load_demo()
    products.load_demo([site.id for site in cinemas()])
    users.ensure_demo_users()
    return screenings


def extend() -> int:
    """Where the demo is loaded, add screenings of the next days and sell seats. Returns the number of sold seats."""
    from app.cli.demo_sales import sell_some
    from app.core import db
    from app.events import demo as events

    with db.transaction():
        events.roll_forward()
        loaded = events.is_loaded()
    return sell_some() if loaded else 0
