"""`flask make-door-device`: a door device that is no browser, such as a turnstile, with a token for the REST API."""

from __future__ import annotations

import click

from app.cli.cinemas import site_id_of
from app.cli.database import OnDatabase


@click.command("make-door-device", cls=OnDatabase)
@click.argument("cinema")
@click.option("--gate", required=True, help="The name of the gate, as the log of the door shows it.")
@click.option("--account", required=True, help="E-mail of the staff account that answers for its scans.")
def command(cinema: str, gate: str, account: str) -> None:
    """Make a door device at CINEMA (a slug), and print its token, which is shown this once.

    Managers see the device at /staff/devices, and revoke it there.
    """
    from app.core import db
    from app.users import service as users

    with db.transaction():
        site_id = site_id_of(cinema)
        staff = users.account_of(account)
        if staff is None or staff.role == "customer":
            raise click.ClickException(f"no staff account has the e-mail {account}")
        click.echo(users.register_door(site_id, gate, staff.id))
