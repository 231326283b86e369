"""`flask rotate-ticket-key`: sign tickets with a new key."""

from __future__ import annotations

import click

from app.cli.database import OnDatabase


@click.command("rotate-ticket-key", cls=OnDatabase)
@click.option(
    "--retire", is_flag=True, help="An old key may have leaked: refuse what it signed, and sign anew."
)
def command(retire: bool) -> None:
    """Sign tickets with a new key from now on; those already sold stay good."""
    from app.core import db
    from app.tickets import service

    with db.transaction():
        kid, resigned = service.rotate_key(retire=retire)
    click.echo(f"Tickets are signed with key {kid} from now on.")
    if retire:
        click.echo(f"Older keys open no door any more; {resigned} sold tickets were signed anew.")
