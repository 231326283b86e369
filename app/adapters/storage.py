"""Storage of small files: a folder on one machine, S3 on AWS."""

from __future__ import annotations

import os
import tempfile
import threading
from contextlib import suppress
from pathlib import Path
from urllib.parse import urlsplit

from app.adapters.storage_port import (
    BadAddress,
    BadKey,
    Missing,
    Storage,
    StorageError,
    check_address,
    checked_key,
)
from app.adapters.storage_s3 import S3Storage

__all__ = [
    "BadAddress",
    "BadKey",
    "FolderStorage",
    "Missing",
    "Storage",
    "StorageError",
    "check_address",
    "open_storage",
    "shared_storage",
]


def open_storage(address: str, folder: Path) -> Storage:
    """`folder:` (in `folder`), `folder:/path`, or `s3://bucket/prefix?region=…&endpoint=…&links=…`. Raises BadAddress.

    Raises StorageError if AWS is set up so that no client can be made.
    """
    check_address(address)
    scheme, _, rest = address.partition(":")
    if scheme == "folder":
        return FolderStorage(Path(rest) if rest else folder)
    parts = urlsplit(address)
    return S3Storage(parts.netloc, parts.path.strip("/"), parts.query)


_opened: dict[tuple[str, Path], Storage] = {}
_opening = threading.Lock()


def shared_storage(address: str, folder: Path) -> Storage:
    """The one storage of this process for the address. Threads may share a client, but not make clients in parallel."""
    with _opening:
        found = _opened.get((address, folder))
        if found is None:
            found = _opened[address, folder] = open_storage(address, folder)
        return found


class FolderStorage:
    """Files below `folder`, readable by its owner alone."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def put(self, key: str, content: bytes, content_type: str) -> None:
        path = self.folder / checked_key(key)
        try:
            path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
            handle, unfinished = tempfile.mkstemp(prefix=".", dir=path.parent)
            try:
                with os.fdopen(handle, "wb") as file:
                    file.write(content)
                    file.flush()
                    os.fsync(file.fileno())
                os.replace(unfinished, path)
            except BaseException:
                with suppress(OSError):
                    os.unlink(unfinished)
                raise
        except OSError as error:
            raise StorageError(f"{key}: {error.strerror}") from None

    def get(self, key: str) -> bytes:
        try:
            return (self.folder / checked_key(key)).read_bytes()
        except (FileNotFoundError, NotADirectoryError, IsADirectoryError):
            raise Missing(key) from None
        except OSError as error:
            raise StorageError(f"{key}: {error.strerror}") from None

    def exists(self, key: str) -> bool:
        return (self.folder / checked_key(key)).is_file()

    def keys(self) -> list[str]:
        found = (path.relative_to(self.folder) for path in self.folder.rglob("*") if path.is_file())
        return sorted(path.as_posix() for path in found if not path.name.startswith("."))

    def delete(self, key: str) -> None:
        try:
            (self.folder / checked_key(key)).unlink(missing_ok=True)
        except NotADirectoryError:
            return
        except OSError as error:
            raise StorageError(f"{key}: {error.strerror}") from None

    def url(self, key: str, seconds: int, filename: str) -> str | None:
        checked_key(key)
        return None
