"""`flask rotate-ticket-key`: sign tickets with a new key."""

from __future__ import annotations

import click

from app.cli.database import OnDatabase


@click.command("rotate-ticket-key", cls=OnDatabase)
@click.option(
    "--retire", is_flag=True, help="An old key may have leaked: refuse its QR codes, and re-sign the tickets."
)
def command(retire: bool) -> None:
    """Sign tickets with a new key from now on; tickets already sold stay valid."""
    from app.core import db
    from app.tickets import service

    with db.transaction():
        kid = service.rotate_key(retire=retire)
    click.echo(f"Tickets are signed with key {kid} from now on.")
    if retire:
        click.echo(
            "Tickets signed by older keys are refused from now on. Re-signing sold tickets;"
            " the worker re-signs the rest if this is interrupted."
        )
        click.echo(f"{service.re_sign_tickets()} sold tickets were re-signed.")
