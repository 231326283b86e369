"""The folder of a programme's files: on this machine, or a copy of one that lies in a storage such as S3."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory

import click


@contextmanager
def programme_folder(address: str | None) -> Iterator[Path]:
    """The working folder without an address, else a copy of all files below it, for the time of an import.

    `address`: `s3://bucket/programme/december?region=…` or `folder:/path`. Raises click.ClickException.
    """
    if address is None:
        yield Path()
        return
    with TemporaryDirectory(prefix="bilheteria-") as folder:
        _copy(address, Path(folder))
        yield Path(folder)


def _copy(address: str, folder: Path) -> None:
    """The plans of the auditoriums lie beside the files that name them, so all files are copied."""
    from app.adapters.storage import BadAddress, BadKey, StorageError, open_storage

    try:
        storage = open_storage(address, Path())
        keys = storage.keys()
        for key in keys:
            path = folder / key
            content = storage.get(key)
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(content)
    except BadAddress as error:
        raise click.BadParameter(str(error), param_hint="--from") from None
    except BadKey as error:
        raise click.ClickException(
            f"{address} has {error}: names there have small letters, digits and the signs . _ - only"
        ) from None
    except (StorageError, OSError) as error:
        raise click.ClickException(f"{address}: {error}") from None
    if not keys:
        raise click.ClickException(f"{address} has no files")
