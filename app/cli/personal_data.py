"""`flask users export` and `flask users erase`: a person asks what we have of them, or asks us to delete it."""

from __future__ import annotations

import json
import logging
from contextlib import suppress

import click

from app.cli.database import GroupOnDatabase

log = logging.getLogger("bilheteria.personal_data")


@click.group("users", cls=GroupOnDatabase)
def command() -> None:
    """Export or erase the data of a person. First make sure that the person owns the e-mail: no command checks it."""


@command.command("export")
@click.argument("email")
def export(email: str) -> None:
    """Print everything that is kept about the owner of EMAIL, as JSON."""
    from app.core import db, outbox
    from app.orders import service as orders
    from app.reservations import service as reservations
    from app.users import service as users

    email = _checked(email)
    with db.reading():
        account, state = users.account_of(email), users.address_state(email)
        found = {
            "email": email,
            "account": users.export_account(account.id) if account else None,
            "orders": orders.export_orders(email, account.id if account else None),
            "waiting_list": reservations.export_requests(email),
            "mails_returned": state.returned,
            "reported_as_spam": state.complained,
            "mails_waiting": outbox.waiting_mails(email),
        }
    click.echo(json.dumps(found, ensure_ascii=False, indent=2))


@command.command("erase")
@click.argument("email")
@click.option("--yes", is_flag=True, help="Do not ask for confirmation.")
def erase(email: str, yes: bool) -> None:
    """Delete what is kept about the owner of EMAIL, except what the tax law keeps.

    Open orders and places in the waiting list are given up. Paid orders keep amounts, dates, code, and the CPF that was
    given for the receipt; their tickets stay good at the door. Doing it again changes nothing.
    """
    from app.core import json_logs

    email = _checked(email)
    if not yes:
        click.confirm("This cannot be undone. Erase?", abort=True)
    counts = _erase(email)
    json_logs.log_as_json()
    log.info("personal data erased", extra=counts)
    click.echo(
        f"erased: {counts['accounts']} account(s), {counts['orders']} order(s),"
        f" {counts['requests']} place(s) in the waiting list, {counts['mails']} mail(s) that waited"
    )


def _checked(email: str) -> str:
    from app.core.contact import checked_email
    from app.core.errors import Invalid

    try:
        return checked_email(email)
    except Invalid:
        raise click.ClickException("that is not an e-mail address") from None


def _erase(email: str) -> dict[str, int]:
    """End the open orders and requests, each in its own transaction; then erase the person in one transaction."""
    from app.core import db, erasures, outbox
    from app.core.errors import Conflict
    from app.orders import service as orders
    from app.reservations import service as reservations
    from app.users import service as users

    with db.reading():
        account = users.account_of(email)
        user_id = account.id if account else None
        open_orders = orders.open_orders_of_person(email, user_id)
        waiting = reservations.live_requests(email)
    for order_id in open_orders:
        with suppress(Conflict), db.transaction():
            orders.end_open_order(order_id)
    for token in waiting:
        with suppress(Conflict), db.transaction():
            reservations.cancel_request(token)
    with db.transaction():
        erased = orders.erase_person(email, user_id)
        requests = reservations.erase_requests(email)
        if user_id is not None:
            users.erase_account(user_id)
        users.forget_address(email)
        mails = erased.mails + outbox.withdraw_mails(email)
        erasures.record(emails=[email])
    users.erase_sent_mails(email)
    return {
        "accounts": int(user_id is not None),
        "orders": erased.orders,
        "requests": requests,
        "mails": mails,
    }
