"""`flask webhooks list|show|add|pause|resume|rotate|remove|deliveries|replay`: where partners get their events."""

from __future__ import annotations

import uuid
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import click

from app.cli.database import GroupOnDatabase

if TYPE_CHECKING:
    from app.users.service import Webhook, WebhookDelivery

_WRONG = {
    "webhook.address": "an address is https://host/path",
    "webhook.address_scheme": "webhooks go to addresses with https:// only",
    "webhook.address_host": "the host must be a name, with a dot in it",
    "webhook.address_port": "webhooks do not go to this port",
    "webhook.events": "there is no such event; docs/webhooks.md lists them",
    "webhook.range": "the end must be later than the beginning",
    "webhook.too_many": "a partner has {most} webhooks at most",
}
MOST_SHOWN = 50


class _Group(GroupOnDatabase):
    """Prints the errors of the verbs in one line."""

    def invoke(self, context: click.Context) -> Any:
        from app.core.errors import Conflict, Invalid, NotFound

        try:
            return super().invoke(context)
        except (Conflict, Invalid) as error:
            raise click.ClickException(_WRONG[error.code].format(**error.details)) from None
        except NotFound as error:
            raise click.ClickException(f"there is no such {error}") from None


@click.group("webhooks", cls=_Group, invoke_without_command=True)
@click.pass_context
def command(context: click.Context) -> None:
    """List, add, pause and remove the webhooks of partners, and read the log of their deliveries."""
    if context.invoked_subcommand is None:
        context.invoke(list_all)


_ID = click.argument("webhook_id", type=click.UUID)


@command.command("list")
def list_all() -> None:
    """List the webhooks of all partners."""
    from app.core import db
    from app.users import service as users

    with db.reading():
        found = users.webhooks_of()
        clients = {one.id: one.client_id for one in users.list_partners()}
    for one in found:
        click.echo(f"{one.id}  {clients[one.partner_id]}  {one.address}  {_state(one)}")
    click.echo(f"{len(found)} webhook{'' if len(found) == 1 else 's'}")


@command.command()
@click.argument("client_id")
@click.argument("address")
@click.option(
    "--event", "events", multiple=True, help="An event; may be given several times. Default: all events."
)
def add(client_id: str, address: str, events: tuple[str, ...]) -> None:
    """Post the events of the orders of the partner CLIENT_ID to ADDRESS. Prints the secret, once."""
    from app.core import db
    from app.core.partner_events import EVENTS
    from app.users import service as users

    with db.transaction():
        made, secret = users.add_webhook(users.partner_of_client(client_id).id, address, events or EVENTS)
    click.echo(f"webhook  {made.id}")
    click.echo(f"secret   {secret}")


@command.command()
@_ID
def show(webhook_id: uuid.UUID) -> None:
    """Show a webhook."""
    from app.core import db
    from app.users import service as users

    with db.reading():
        found = users.webhook(webhook_id)
        client_id = users.partner(found.partner_id).client_id
    click.echo(f"partner        {client_id}")
    click.echo(f"address        {found.address}")
    click.echo(f"events         {' '.join(found.events)}")
    click.echo(f"state          {_state(found)}")
    click.echo(f"added          {_time(found.created_at)}")
    click.echo(f"failing since  {_time(found.failing_since)}")
    click.echo(f"former secret  {_time(found.former_secret_until)}")


@command.command()
@_ID
def pause(webhook_id: uuid.UUID) -> None:
    """Send nothing to it; what happens meanwhile is kept."""
    click.echo(_changed(webhook_id, paused=True))


@command.command()
@_ID
def resume(webhook_id: uuid.UUID) -> None:
    """Send a ping; when it is answered, send what has waited."""
    click.echo(_changed(webhook_id, paused=False))


@command.command()
@_ID
def rotate(webhook_id: uuid.UUID) -> None:
    """Make a new secret and print it, once; the former one signs too for 24 hours."""
    from app.core import db
    from app.users import service as users

    with db.transaction():
        _, secret = users.rotate_webhook_secret(webhook_id)
    click.echo(f"secret   {secret}")


@command.command()
@_ID
def remove(webhook_id: uuid.UUID) -> None:
    """Delete a webhook and its deliveries."""
    from app.core import db
    from app.users import service as users

    with db.transaction():
        users.remove_webhook(webhook_id)
    click.echo(f"{webhook_id} is removed")


@command.command("deliveries")
@_ID
@click.option("--state", type=click.Choice(("pending", "delivered", "failed")))
def list_deliveries(webhook_id: uuid.UUID, state: str | None) -> None:
    """List the newest deliveries with their attempts."""
    from app.core import db
    from app.users import service as users

    with db.reading():
        users.webhook(webhook_id)
        for one in users.webhook_deliveries(webhook_id, state=state, most=MOST_SHOWN):
            click.echo(_line(one))
            for attempt in users.webhook_delivery(webhook_id, one.event_id)[1]:
                outcome = attempt.status or attempt.error
                click.echo(
                    f"    {attempt.number}. {_time(attempt.began_at)}  {outcome}"
                    f"  {attempt.milliseconds} ms  {attempt.answer}"
                )


@command.command()
@_ID
@click.option("--delivery", "event_id", type=click.UUID, help="Only this one.")
@click.option("--since", type=click.DateTime(), help="UTC")
@click.option("--until", type=click.DateTime(), help="UTC; not included")
def replay(
    webhook_id: uuid.UUID, event_id: uuid.UUID | None, since: datetime | None, until: datetime | None
) -> None:
    """Send one delivery again, or all events of a time, with the same ids."""
    from app.core import db
    from app.users import service as users

    if (event_id is None) == (since is None or until is None):
        raise click.UsageError("give --delivery, or --since and --until")
    with db.transaction():
        users.webhook(webhook_id)
        if event_id is not None:
            users.replay_webhook_delivery(webhook_id, event_id)
            count = 1
        else:
            assert since is not None
            assert until is not None
            count = users.replay_webhook_deliveries(
                webhook_id, since.replace(tzinfo=UTC), until.replace(tzinfo=UTC)
            )
    click.echo(f"{count} sent again")


def _changed(webhook_id: uuid.UUID, *, paused: bool) -> str:
    from app.core import db
    from app.users import service as users

    with db.transaction():
        changed = users.change_webhook(webhook_id, paused=paused, by=users.BY_CINEMA)
    return f"{webhook_id} is {_state(changed)}"


def _state(webhook: Webhook) -> str:
    return f"{webhook.state} ({webhook.reason})" if webhook.reason else webhook.state


def _line(delivery: WebhookDelivery) -> str:
    due = f", next attempt {_time(delivery.next_attempt_at)}" if delivery.next_attempt_at else ""
    return f"{delivery.event_id}  {delivery.event}  {_time(delivery.happened_at)}  {delivery.state}{due}"


def _time(moment: datetime | None) -> str:
    return f"{moment.astimezone(UTC):%Y-%m-%d %H:%M:%S} UTC" if moment else "-"
