"""`flask make-account`: accounts for staff."""

from __future__ import annotations

import click


@click.command("make-account")
@click.argument("email")
@click.option("--name", required=True)
@click.option("--role", type=click.Choice(["customer", "door", "manager"]), default="door", show_default=True)
@click.password_option(help="Asked for when it is not given.")
def command(email: str, name: str, role: str, password: str) -> None:
    """Make an account for EMAIL, or give an existing one this role and password."""
    from app.core import db
    from app.core.errors import Invalid
    from app.users import service as users

    try:
        with db.transaction():
            made = users.make_account(email, name, password, role)
    except Invalid as error:
        raise click.ClickException(f"{error.field}: {error.code}") from error
    click.echo(f"{made.email} is {made.role}")
