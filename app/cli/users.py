"""`flask make-account`, `flask set-role`, `flask reset-second-factor`: accounts for staff."""

from __future__ import annotations

import click

from app.cli.database import OnDatabase

_WRONG = {
    "email.missing": "give an e-mail address",
    "email.wrong": "that is not an e-mail address",
    "name.missing": "give a --name",
    "name.no_letters": "the --name has no letters",
    "name.too_long": "the name is longer than {most} letters",
    "password.short": "the password is shorter than {least} letters",
    "password.long": "the password is longer than {most} letters",
}
ROLE = click.Choice(["customer", "door", "supervisor", "manager"])


@click.command("make-account", cls=OnDatabase)
@click.argument("email")
@click.option("--name", required=True)
@click.option("--role", type=ROLE, default="door", show_default=True)
@click.password_option(help="Asked for when it is not given.")
def make_account(email: str, name: str, role: str, password: str) -> None:
    """Make an account for EMAIL, or give an existing one this name, role and password."""
    from app.core import db
    from app.core.errors import Invalid
    from app.users import service as users

    try:
        with db.transaction():
            made = users.make_account(email, name, password, role)
    except Invalid as error:
        raise click.ClickException(_WRONG.get(error.code, error.code).format(**error.details)) from None
    click.echo(f"{made.email} is {made.role}")


@click.command("set-role", cls=OnDatabase)
@click.argument("email")
@click.argument("role", type=ROLE)
def set_role(email: str, role: str) -> None:
    """Give the account of EMAIL another ROLE; it counts from its next click on."""
    from app.core import db
    from app.core.errors import NotFound
    from app.users import service as users

    try:
        with db.transaction():
            changed = users.set_role(email, role)
    except NotFound:
        raise click.ClickException(f"no account has the e-mail {email}") from None
    click.echo(f"{changed.email} is {changed.role}")


@click.command("reset-second-factor", cls=OnDatabase)
@click.argument("email")
def reset_second_factor(email: str) -> None:
    """Turn off the second factor of EMAIL, who has lost phone and recovery codes; it signs out everywhere."""
    from app.core import db
    from app.core.contact import email_for_lookup
    from app.core.errors import NotFound
    from app.users import service as users

    try:
        with db.transaction():
            found = users.account_of(email_for_lookup(email))
            if found is None:
                raise NotFound("user")
            users.reset_second_factor(found.id, by=None)
    except NotFound:
        raise click.ClickException(f"no account with a second factor has the e-mail {email}") from None
    click.echo(f"{found.email} signs in with the password alone")


commands = [make_account, set_role, reset_second_factor]
