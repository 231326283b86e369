"""`flask rotate-ticket-key`: sign tickets with a new key."""

from __future__ import annotations

import click

from app.cli.database import OnDatabase


@click.command("rotate-ticket-key", cls=OnDatabase)
@click.option(
    "--retire", is_flag=True, help="An old key may have leaked: refuse what it signed, and sign again."
)
def command(retire: bool) -> None:
    """Sign tickets with a new key from now on; those already sold stay good."""
    from app.core import db
    from app.tickets import service

    with db.transaction():
        kid = service.rotate_key(retire=retire)
    click.echo(f"Tickets are signed with key {kid} from now on.")
    if retire:
        click.echo(
            "Tickets signed by older keys are refused from now on. Signing sold tickets again;"
            " the worker signs the rest if this is interrupted."
        )
        click.echo(f"{service.sign_anew()} sold tickets were signed again.")
