"""`storage create`: makes the bucket of the PDF tickets on a server that stands in for S3."""

from __future__ import annotations

import click


@click.group("storage")
def command() -> None:
    """The storage of the PDF tickets that BILHETERIA_STORAGE names."""


@command.command("create")
def create() -> None:
    """Create the bucket unless it exists, on a stand-in server; in production the infrastructure code makes it."""
    from app.adapters.storage import StorageError, open_storage
    from app.adapters.storage_s3 import S3Storage
    from app.core.config import settings

    try:
        storage = open_storage(settings().storage.url, settings().ticket_folder)
        if not isinstance(storage, S3Storage):
            raise click.ClickException("set BILHETERIA_STORAGE=s3://…; a folder needs no bucket")
        storage.create_bucket()
    except StorageError as error:
        raise click.ClickException(str(error)) from None
    click.echo(f"bucket {storage.bucket}")
