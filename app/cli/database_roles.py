"""`database-roles create`: makes the roles as which the processes of single services connect to the database."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import IO

import click

from app.cli.database import GroupOnDatabase


@click.group("database-roles", cls=GroupOnDatabase)
def command() -> None:
    """The roles of the processes in the database; without them all connect as the owner."""


@command.command("create")
@click.option(
    "--passwords",
    type=click.File(),
    help='JSON of role names and their new passwords, {"bilheteria_orders": "…"}; - reads it from the input.',
)
@click.option(
    "--secrets",
    metavar="NAME",
    help="Read the passwords from Secrets Manager: from the secret NAME/orders for the role bilheteria_orders, as RDS"
    " keeps it: JSON with password.",
)
@click.option(
    "--keep-rights",
    is_flag=True,
    help="Only add roles and rights: processes of the version before still run.",
)
def create(passwords: IO[str] | None, secrets: str | None, *, keep_rights: bool) -> None:
    """Make the roles that do not exist, set passwords and time limits, and grant exactly what each role needs.

    Connect as the owner of the tables, who may create roles. Run it again after a roll-out: it takes away what only
    the version before needed, and the sign-in of roles that only that version used.
    """
    from app.core import database_roles, db
    from app.core.config import settings

    given = {**_read(passwords), **(_read_secrets(secrets) if secrets else {})}
    with db.migration_engine().begin() as connection:
        created = database_roles.create(connection, given)
        database_roles.set_limits(connection, settings().database.statement_seconds)
        sandbox = settings().payments.provider == "sandbox"
        parts = database_roles.grant(connection, exact=not keep_rights, sandbox=sandbox)
        retired = [] if keep_rights else database_roles.retire(connection)
    click.echo(f"{len(parts)} roles, {created} of them new, {len(given)} with a new password")
    if retired:
        click.echo(f"no process uses {', '.join(retired)} any more: it has no rights and cannot sign in")


def _read(file: IO[str] | None) -> Mapping[str, str]:
    """Role name → password. The errors never repeat what the file contains."""
    from app.core.database_roles import PARTS, role_name

    if file is None:
        return {}
    try:
        given = json.load(file)
    except ValueError:
        raise click.ClickException("the passwords are no JSON") from None
    if not isinstance(given, dict) or not all(isinstance(one, str) and one for one in given.values()):
        raise click.ClickException('the passwords must be a JSON object: {"bilheteria_orders": "…"}')
    if unknown := sorted(set(given) - {role_name(part) for part in PARTS}):
        raise click.ClickException(f"no role is called {', '.join(unknown)}")
    return given


def _read_secrets(name: str) -> Mapping[str, str]:
    """Role name → password, from the secrets `name`/PART. The errors never repeat a value."""
    from app.adapters.secrets_manager import SecretsError, SecretsManager
    from app.core.config import settings
    from app.core.database_roles import PARTS, role_name

    try:
        store = SecretsManager(settings().secrets.url)
        found = {
            role_name(part): json.loads(store.read_current(f"{name}/{part}"))["password"] for part in PARTS
        }
    except SecretsError as error:
        raise click.ClickException(f"secrets: {error}") from None
    except (ValueError, KeyError, TypeError):
        raise click.ClickException(f"a secret {name}/… is no JSON with a password") from None
    return found
