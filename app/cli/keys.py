"""`flask rotate-ticket-key`: sign tickets with a new key."""

from __future__ import annotations

from datetime import UTC

import click

from app.cli.database import OnDatabase


@click.command("rotate-ticket-key", cls=OnDatabase)
@click.option(
    "--retire",
    is_flag=True,
    help="A key may have leaked: refuse its QR codes, re-sign the tickets, sign with the new key at once.",
)
def command(retire: bool) -> None:
    """Make a new key that signs when all doors know it; tickets already sold stay valid."""
    from app.core import db
    from app.tickets import service

    try:
        with db.transaction():
            kid = service.rotate_key(retire=retire)
    except service.KeyWaits:
        raise click.ClickException(
            "A new key waits already: it signs later, when all doors know it. With --retire you block it too."
        ) from None
    with db.reading():
        (key,) = [one for one in service.key_states() if one.kid == kid]
    if key.state == "next":
        begin = key.signs_from.astimezone(UTC)
        click.echo(
            f"Tickets are signed with key {kid} from {begin:%Y-%m-%d %H:%M} UTC on. The doors get it before."
        )
    else:
        click.echo(f"Tickets are signed with key {kid} from now on.")
    if retire:
        click.echo(
            "Tickets signed by older keys are refused from now on. Re-signing sold tickets;"
            " the worker re-signs the rest if this is interrupted."
        )
        click.echo(f"{service.re_sign_tickets()} sold tickets were re-signed.")
