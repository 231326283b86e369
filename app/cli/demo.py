"""`demo`: a small cinema to try everything on; loading it twice changes nothing."""

from __future__ import annotations

import click


@click.command("demo")
def command() -> None:
    """Load the demo cinema: films, rooms, screenings, the counter, and people to sign in as."""
    from app.cli.demo_crowd import sell_some
    from app.core import db

    with db.transaction():
        screenings = load_demo()
    seats = sell_some()
    click.echo(f"The demo is in: {screenings} screenings and {seats} sold seats added.")


def load_demo() -> int:
    """Write the demo of every service in the caller's transaction; returns how many screenings were added."""
    from app.events import demo as events
    from app.events.service import cinemas
    from app.products import demo as products

    screenings = events.load_demo()
    products.load_demo([site.id for site in cinemas()])
    return screenings
