"""The port to a storage of small files, its errors, its keys and its address.

Keys are paths of lower-case letters, digits, `-`, `_` and `.`, separated by `/`. Writing a key again replaces its file.
"""

from __future__ import annotations

import re
from contextlib import suppress
from typing import Protocol
from urllib.parse import urlsplit

from app.adapters import aws

S3_OPTIONS = frozenset({"region", "endpoint", "links"})
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

    def keys(self) -> list[str]:
        """The keys of all files, sorted. Files that others have put there may have names that are no keys."""

    def delete(self, key: str) -> None:
        """Delete the file; a missing key is no error."""

    def url(self, key: str, seconds: int, filename: str) -> str | None:
        """A public download address for `seconds`, as `filename`; None if the caller must send the bytes itself."""


def checked_key(key: str) -> str:
    """The key. Raises BadKey."""
    if len(key) > 500 or not _KEY.fullmatch(key):
        raise BadKey(repr(key[:80]))
    return key


def check_address(address: str) -> None:
    """Raises BadAddress."""
    if address.startswith("folder:"):
        return
    with suppress(ValueError):  # brackets without an end, unknown options
        parts = urlsplit(address)
        aws.options(parts.query, S3_OPTIONS)
        if parts.scheme == "s3" and parts.netloc and not parts.fragment:
            return
    raise BadAddress(f"a storage is folder:, folder:/path or s3://bucket/prefix?region=…, not {address!r}")
