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
from typing import Any, Protocol
from urllib.parse import parse_qsl, urlsplit

_KEY = re.compile(r"[a-z0-9_-][a-z0-9._-]*(/[a-z0-9_-][a-z0-9._-]*)*")
_OPTIONS = {"region": re.compile(r"[a-z0-9-]+"), "endpoint": re.compile(r"https?://[^\s/]+/?")}
_MOST_SECONDS = 7 * 24 * 3600  # S3 signs no link for longer


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
    """`folder:` (in `folder`), `folder:/path`, or `s3://bucket/prefix?region=…&endpoint=…`. Raises BadAddress."""
    check_address(address)
    scheme, _, rest = address.partition(":")
    if scheme == "folder":
        return FolderStorage(Path(rest) if rest else folder)
    parts = urlsplit(address)
    options = dict(parse_qsl(parts.query))
    return S3Storage(parts.netloc, parts.path.strip("/"), options.get("region"), options.get("endpoint"))


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
    with suppress(ValueError):  # brackets without an end
        parts = urlsplit(address)
        options = dict(parse_qsl(parts.query, keep_blank_values=True))
        known = all(name in _OPTIONS and _OPTIONS[name].fullmatch(value) for name, value in options.items())
        if parts.scheme == "s3" and parts.netloc and not parts.fragment and known:
            return
    raise BadAddress(f"a storage is folder:, folder:/path or s3://bucket/prefix?region=…, not {address!r}")


def _checked(key: str) -> str:
    if len(key) > 500 or not _KEY.fullmatch(key):
        raise BadKey(repr(key[:80]))
    return key


class FolderStorage:
    """Files below `folder`, readable by its owner alone."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def put(self, key: str, content: bytes, content_type: str) -> None:
        path = self.folder / _checked(key)
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
            return (self.folder / _checked(key)).read_bytes()
        except (FileNotFoundError, NotADirectoryError, IsADirectoryError):
            raise Missing(key) from None
        except OSError as error:
            raise StorageError(f"{key}: {error.strerror}") from None

    def exists(self, key: str) -> bool:
        return (self.folder / _checked(key)).is_file()

    def delete(self, key: str) -> None:
        try:
            (self.folder / _checked(key)).unlink(missing_ok=True)
        except NotADirectoryError:
            return
        except OSError as error:
            raise StorageError(f"{key}: {error.strerror}") from None

    def url(self, key: str, seconds: int, filename: str) -> str | None:
        _checked(key)
        return None


class S3Storage:
    """A private bucket; reading goes through presigned links. Credentials come from the machine's role."""

    def __init__(self, bucket: str, prefix: str, region: str | None, endpoint: str | None) -> None:
        import boto3
        from botocore.config import Config

        self.bucket = bucket
        self.prefix = f"{prefix}/" if prefix else ""
        # Make a session: boto3's default session is not thread-safe.
        self._client: Any = boto3.session.Session().client(
            "s3",
            region_name=region,
            endpoint_url=endpoint,
            config=Config(
                signature_version="s3v4",
                connect_timeout=3,
                read_timeout=10,
                retries={"max_attempts": 3, "mode": "standard"},
            ),
        )

    def put(self, key: str, content: bytes, content_type: str) -> None:
        self._call("put_object", key, Body=content, ContentType=content_type)

    def get(self, key: str) -> bytes:
        return bytes(self._call("get_object", key, read="Body"))

    def exists(self, key: str) -> bool:
        try:
            self._call("head_object", key)
        except Missing:
            return False
        return True

    def delete(self, key: str) -> None:
        self._call("delete_object", key)

    def url(self, key: str, seconds: int, filename: str) -> str | None:
        quiet = re.sub(r"[^A-Za-z0-9._-]", "-", filename)
        return str(
            self._client.generate_presigned_url(
                "get_object",
                Params={
                    "Bucket": self.bucket,
                    "Key": self.prefix + _checked(key),
                    "ResponseContentDisposition": f'attachment; filename="{quiet}"',
                },
                ExpiresIn=min(seconds, _MOST_SECONDS),
            )
        )

    def _call(self, action: str, key: str, read: str = "", **values: Any) -> Any:
        from botocore.exceptions import BotoCoreError, ClientError

        try:
            answer = getattr(self._client, action)(
                Bucket=self.bucket, Key=self.prefix + _checked(key), **values
            )
            return answer[read].read() if read else answer
        except ClientError as error:
            if error.response.get("Error", {}).get("Code") in ("NoSuchKey", "404", "NotFound"):
                raise Missing(key) from None
            raise StorageError(f"{action} {key}: {error}") from None
        except BotoCoreError as error:
            raise StorageError(f"{action} {key}: {error}") from None
