"""`flask dead-letters list|show|put-back`: the deliveries that the worker tries no more."""

from __future__ import annotations

import json
from datetime import UTC
from typing import TYPE_CHECKING

import click

from app.cli.database import GroupOnDatabase

if TYPE_CHECKING:
    from app.core.dead_letters import DeadLetter


@click.group("dead-letters", cls=GroupOnDatabase, invoke_without_command=True)
@click.pass_context
def command(context: click.Context) -> None:
    """List, show and put back the messages that the worker gave up."""
    if context.invoked_subcommand is None:
        context.invoke(list_all)


@command.command("list")
def list_all() -> None:
    """List all of them, one a line, oldest first."""
    from app.core.queue_ports import open_dead_letters

    letters = open_dead_letters().list()
    for letter in letters:
        click.echo(
            f"{letter.message_id}  {_time(letter)}  {letter.consumer:<12} {letter.kind}  {letter.last_error}"
        )
    click.echo(f"{len(letters)} dead letter{'' if len(letters) == 1 else 's'}")


@command.command()
@click.argument("message_id", type=click.UUID)
def show(message_id: object) -> None:
    """Show MESSAGE_ID with its payload, which may hold personal data."""
    from app.core.queue_ports import open_dead_letters

    letters = open_dead_letters().list(str(message_id))
    if not letters:
        raise click.ClickException("there is no such dead letter")
    for letter in letters:
        click.echo(f"message   {letter.message_id}")
        click.echo(f"consumer  {letter.consumer}")
        click.echo(f"kind      {letter.kind}")
        click.echo(f"given up  {_time(letter)}, after {letter.attempts} attempts")
        click.echo(f"error     {letter.last_error}")
        click.echo(f"payload   {json.dumps(letter.payload, ensure_ascii=False, indent=2)}")


@command.command("put-back")
@click.argument("message_id", required=False, type=click.UUID)
def put_back(message_id: object) -> None:
    """Deliver MESSAGE_ID again, or all of them."""
    from app.core.queue_ports import open_dead_letters

    count = open_dead_letters().put_back(str(message_id) if message_id else None)
    click.echo(f"{count} put back")
    if message_id and not count:
        raise click.ClickException("there is no such dead letter")


def _time(letter: DeadLetter) -> str:
    return f"{letter.dead_at.astimezone(UTC):%Y-%m-%d %H:%M:%S} UTC"
