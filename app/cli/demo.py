"""`demo`: a small cinema to try everything on; loading it twice changes nothing."""

from __future__ import annotations

import click

from app.cli.database import OnDatabase


@click.command("demo", cls=OnDatabase)
def command() -> None:
    """Load the demo cinema: films, rooms, screenings, the counter, other customers, and people to sign in as."""
    screenings, seats = load()
    click.echo(f"The demo is in: {screenings} screenings and {seats} sold seats added.")


def load() -> tuple[int, int]:
    """Write the demo of every service, in transactions of its own; what is there already stays.

    Returns how many screenings and how many sold seats were added.
    """
    from app.cli.demo_crowd import sell_some
    from app.core import db

    with db.transaction():
        screenings = load_demo()
    return screenings, sell_some()


def load_demo() -> int:
    """The demo without its other customers, in the caller's transaction; returns how many screenings were added."""
    from app.events import demo as events
    from app.events.service import cinemas
    from app.products import demo as products
    from app.users import service as users

    screenings = events.load_demo()
    products.load_demo([site.id for site in cinemas()])
    users.ensure_demo_users()
    return screenings


def carry_on() -> int:
    """Where the demo was loaded: screenings for the next days, and customers for them. Returns how many seats."""
    from app.cli.demo_crowd import sell_some
    from app.core import db
    from app.events import demo as events

    with db.transaction():
        events.roll_forward()
        loaded = events.is_loaded()
    return sell_some() if loaded else 0
