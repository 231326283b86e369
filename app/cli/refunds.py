"""`flask refunds`: lists the refunds that the bank refused, and requests them again."""

from __future__ import annotations

import uuid
from datetime import UTC

import click

from app.cli.database import GroupOnDatabase


@click.group("refunds", cls=GroupOnDatabase, invoke_without_command=True)
@click.pass_context
def command(context: click.Context) -> None:
    """List the refunds that the bank refused."""
    if context.invoked_subcommand is not None:
        return
    from app.core import db
    from app.core.money import format_money
    from app.orders import service as orders
    from app.payments import service as payments

    with db.reading():
        failed = [(one, orders.by_id(one.order_id)) for one in payments.failed_refunds()]
    for refund, order in failed:
        when = f"{refund.created_at.astimezone(UTC):%Y-%m-%d %H:%M} UTC"
        amount = format_money(refund.amount)
        click.echo(f"{refund.id}  {when}  {order.code}  {amount}  {refund.reason}")
    click.echo(f"{len(failed)} refused refund{'' if len(failed) == 1 else 's'}")


@command.command("retry")
@click.argument("refund_id", required=False, type=click.UUID)
def retry(refund_id: uuid.UUID | None) -> None:
    """Ask the bank once more for REFUND_ID, or for all that it refused."""
    from app.core import db
    from app.core.errors import Conflict, NotFound
    from app.payments import service as payments

    try:
        with db.transaction():
            wanted = [refund_id] if refund_id else [one.id for one in payments.failed_refunds()]
            asked = [again for one in wanted if (again := payments.retry_refund(one)) is not None]
    except NotFound:
        raise click.ClickException("there is no such refund") from None
    except Conflict:
        raise click.ClickException("that refund was not refused") from None
    click.echo(f"{len(asked)} asked for again")
    if len(asked) < len(wanted):
        click.echo(f"{len(wanted) - len(asked)} closed: other refunds have used up the payment")
