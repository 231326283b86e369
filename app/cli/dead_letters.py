"""`flask dead-letters`: what the worker gave up on, and putting it back."""

from __future__ import annotations

from datetime import UTC

import click

from app.cli.database import GroupOnDatabase


@click.group("dead-letters", cls=GroupOnDatabase, invoke_without_command=True)
@click.pass_context
def command(context: click.Context) -> None:
    """List the messages that the worker gave up on."""
    if context.invoked_subcommand is not None:
        return
    from app.core import db, dead_letters

    with db.reading():
        letters = dead_letters.dead_letters()
    for letter in letters:
        when = f"{letter.dead_at.astimezone(UTC):%Y-%m-%d %H:%M:%S} UTC"
        click.echo(f"{letter.message_id}  {when}  {letter.consumer:<12} {letter.kind}  {letter.last_error}")
    click.echo(f"{len(letters)} dead letter{'' if len(letters) == 1 else 's'}")


@command.command("put-back")
@click.argument("message_id", required=False, type=click.UUID)
def put_back(message_id: object) -> None:
    """Deliver MESSAGE_ID again, or all of them."""
    from app.core import db, dead_letters

    with db.transaction():
        count = dead_letters.put_back(str(message_id) if message_id else None)
    click.echo(f"{count} put back")
    if message_id and not count:
        raise click.ClickException("there is no such dead letter")
