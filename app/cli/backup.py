"""`flask backup` writes the whole database to one file; `flask restore` reads it into an empty database."""

from __future__ import annotations

from pathlib import Path

import click

from app.cli.database import OnDatabase, database_url

FILE = click.Path(path_type=Path, dir_okay=False)


@click.command("backup", cls=OnDatabase)
@click.argument("file", type=FILE)
def backup(file: Path) -> None:
    """Write the whole database to FILE, while the box office goes on. Keep the secret key and the tickets too."""
    from app.adapters import postgres_dump
    from app.core.config import settings

    try:
        postgres_dump.dump(database_url(settings()), file.absolute())
    except postgres_dump.DumpError as error:
        raise click.ClickException(str(error)) from None
    click.echo(f"{file}: {file.stat().st_size / 1e6:.1f} MB")


@click.command("restore", cls=OnDatabase)
@click.argument("file", type=FILE)
def restore(file: Path) -> None:
    """Read FILE, written by `backup`, into an empty database."""
    from app.adapters import postgres_dump
    from app.core.config import settings

    try:
        postgres_dump.restore(database_url(settings()), file.absolute())
    except postgres_dump.DumpError as error:
        raise click.ClickException(str(error)) from None
    click.echo("The backup is restored.")


commands = [backup, restore]
