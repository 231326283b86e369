"""Storage of small files: a folder on one machine, S3 on AWS.

Keys are paths of lower-case letters, digits, `-`, `_` and `.`, separated by `/`. Writing a key again replaces its file.
"""

from __future__ import annotations

import os
import re
import tempfile
import threading
from contextlib import suppress
from pathlib import Path
from typing import Protocol
from urllib.parse import urlsplit

from app.adapters import aws

_KEY = re.compile(r"[a-z0-9_-][a-z0-9._-]*(/[a-z0-9_-][a-z0-9._-]*)*")


class StorageError(Exception):
    """The storage did not answer, or refused; trying again later may help."""


class Missing(StorageError):
    """There is nothing under this key."""


class BadKey(ValueError):
    """The key is not of the allowed shape."""


class BadAddress(ValueError):
    """The setting is not a valid storage address; the message shows the valid forms."""


class Storage(Protocol):
    """The port to a storage. Every method raises StorageError when the storage fails, and BadKey."""

    def put(self, key: str, content: bytes, content_type: str) -> None:
        """Store `content` whole: a reader sees the old file or the new one, never a part."""

    def get(self, key: str) -> bytes:
        """Raises Missing."""

    def exists(self, key: str) -> bool: ...

    def delete(self, key: str) -> None:
        """Delete the file; a missing key is no error."""

    def url(self, key: str, seconds: int, filename: str) -> str | None:
        """A public download address for `seconds`, as `filename`; None if the caller must send the bytes itself."""


def open_storage(address: str, folder: Path) -> Storage:
    """`folder:` (in `folder`), `folder:/path`, or `s3://bucket/prefix?region=…&endpoint=…`. Raises BadAddress.

    Raises StorageError if AWS is set up so that no client can be made.
    """
    check_address(address)
    scheme, _, rest = address.partition(":")
    if scheme == "folder":
        return FolderStorage(Path(rest) if rest else folder)
    from app.adapters.storage_s3 import S3Storage

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


def check_address(address: str) -> None:
    """Raises BadAddress."""
    if address.startswith("folder:"):
        return
    with suppress(ValueError):  # brackets without an end, unknown options
        parts = urlsplit(address)
        aws.options(parts.query)
        if parts.scheme == "s3" and parts.netloc and not parts.fragment:
            return
    raise BadAddress(f"a storage is folder:, folder:/path or s3://bucket/prefix?region=…, not {address!r}")


def checked_key(key: str) -> str:
    """The key. Raises BadKey."""
    if len(key) > 500 or not _KEY.fullmatch(key):
        raise BadKey(repr(key[:80]))
    return key


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
