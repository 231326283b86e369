"""`flask partners list|add|show|block`: the partners whose systems may call the REST API."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING

import click

from app.cli.cinemas import site_id_of
from app.cli.database import GroupOnDatabase

if TYPE_CHECKING:
    from app.users.service import Partner

_WRONG = {
    "partner.client_id": "a client id has 1 to 128 letters of ASCII, without blanks",
    "partner.name": "a name has 1 to {most} letters",
    "partner.scope": "there is no such scope; docs/api.md lists them",
    "partner.limit": "the limit is from 1 to {most} requests a minute",
}


@click.group("partners", cls=GroupOnDatabase, invoke_without_command=True)
@click.pass_context
def command(context: click.Context) -> None:
    """List, register, show and block the partners of the REST API."""
    if context.invoked_subcommand is None:
        context.invoke(list_all)


@command.command("list")
def list_all() -> None:
    """List all partners by name."""
    from app.core import db
    from app.users import service as users

    with db.reading():
        found = users.list_partners()
    for one in found:
        click.echo(f"{one.client_id}  {one.name}  {_state(one)}")
    click.echo(f"{len(found)} partner{'' if len(found) == 1 else 's'}")


@command.command()
@click.argument("client_id")
@click.option("--name", required=True)
@click.option("--scope", "scopes", multiple=True, help="What the partner may do; may be given several times.")
@click.option(
    "--cinema", "cinemas", multiple=True, help="Slug of a cinema it acts for. Default: all cinemas."
)
@click.option("--limit", type=int, default=600, show_default=True, help="Requests a minute.")
def add(client_id: str, name: str, scopes: tuple[str, ...], cinemas: tuple[str, ...], limit: int) -> None:
    """Register the partner whose client at the identity provider is CLIENT_ID.

    An existing partner gets these values, and is blocked no more.
    """
    from app.core import db
    from app.core.errors import Invalid
    from app.users import service as users

    try:
        with db.transaction():
            made = users.register_partner(
                client_id,
                name,
                scopes,
                site_ids=[site_id_of(slug) for slug in cinemas],
                requests_per_minute=limit,
            )
    except Invalid as error:
        raise click.ClickException(_WRONG[error.code].format(**error.details)) from None
    click.echo(f"{made.client_id} is {made.name}")


@command.command()
@click.argument("client_id")
def show(client_id: str) -> None:
    """Show the partner with CLIENT_ID."""
    from app.core import db
    from app.core.errors import NotFound
    from app.events import service as events
    from app.users import service as users

    try:
        with db.reading():
            found = users.partner_of_client(client_id)
            cinemas = [one.slug for one in events.cinemas() if one.id in found.site_ids]
    except NotFound:
        raise click.ClickException(f"no partner has the client id {client_id}") from None
    click.echo(f"client id   {found.client_id}")
    click.echo(f"name        {found.name}")
    click.echo(f"number      {found.id}")
    click.echo(f"scopes      {' '.join(sorted(found.scopes)) or 'none'}")
    click.echo(f"cinemas     {' '.join(cinemas) if found.site_ids else 'all'}")
    click.echo(f"limit       {found.requests_per_minute} requests a minute")
    click.echo(f"registered  {_time(found.created_at)}")
    click.echo(f"state       {_state(found)}")


@command.command()
@click.argument("client_id")
def block(client_id: str) -> None:
    """Refuse the requests of the partner with CLIENT_ID from now on; `add` lets it in again."""
    from app.core import db
    from app.core.errors import NotFound
    from app.users import service as users

    try:
        with db.transaction():
            blocked = users.block_partner(client_id)
    except NotFound:
        raise click.ClickException(f"no partner has the client id {client_id}") from None
    click.echo(f"{blocked.client_id} is blocked")


def _state(partner: Partner) -> str:
    return "active" if partner.blocked_at is None else f"blocked since {_time(partner.blocked_at)}"


def _time(moment: datetime) -> str:
    return f"{moment.astimezone(UTC):%Y-%m-%d %H:%M} UTC"
