"""Storage in a private bucket of S3; customers read through presigned links."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any
from urllib.parse import urlencode

from app.adapters import aws
from app.adapters.aws import AwsError
from app.adapters.storage_port import S3_OPTIONS, Missing, StorageError, checked_key

READ_SECONDS = 10
MOST_LINK_SECONDS = 7 * 24 * 3600  # S3 signs no link for longer
_EXISTS = frozenset({"BucketAlreadyOwnedByYou", "BucketAlreadyExists"})
_ABSENT = frozenset({"NoSuchKey", "404", "NotFound"})


class S3Storage:
    """Objects of `bucket` whose names begin with `prefix`. `query` has the options of the address.

    S3 encrypts each object, and verifies the checksum that is sent with it. No object gets an ACL, so that the bucket's
    own rules apply: it is private. A link is valid for one object, method and file name. It also ends with the
    credentials that have signed it. With the option `links=https://…` links lead there instead of to the endpoint.
    """

    def __init__(self, bucket: str, prefix: str, query: str) -> None:
        self.bucket = bucket
        self.prefix = f"{prefix}/" if prefix else ""
        try:
            options = aws.options(query, S3_OPTIONS)
            links = options.pop("links", None)
            self._client = _client(options)
            # A link is valid at the host that it is signed for: the one at which browsers reach the storage.
            self._link_client = _client(options | {"endpoint": links}) if links else self._client
        except AwsError as error:
            raise StorageError(str(error)) from None

    def create_bucket(self) -> None:
        """Create the bucket unless it exists, on a stand-in server. Raises StorageError."""
        region = self._client.meta.region_name
        try:
            aws.call(
                self._client,
                "create_bucket",
                Bucket=self.bucket,
                CreateBucketConfiguration={"LocationConstraint": region},
            )
        except AwsError as error:
            if error.code not in _EXISTS:
                raise StorageError(str(error)) from None

    def put(self, key: str, content: bytes, content_type: str) -> None:
        self._call(
            "put_object",
            key,
            Body=content,
            ContentType=content_type,
            ServerSideEncryption="AES256",
            ChecksumAlgorithm="SHA256",
        )

    def get(self, key: str) -> bytes:
        """Raises Missing, and StorageError for content that does not have its checksum."""
        return bytes(self._call("get_object", key, read="Body", ChecksumMode="ENABLED"))

    def exists(self, key: str) -> bool:
        try:
            self._call("head_object", key)
        except Missing:
            return False
        return True

    def keys(self) -> list[str]:
        found: list[str] = []
        page: dict[str, Any] = {"IsTruncated": True}
        try:
            while page["IsTruncated"]:  # S3 lists a thousand objects at a time
                following = {"ContinuationToken": page["NextContinuationToken"]} if found else {}
                page = aws.call(
                    self._client, "list_objects_v2", Bucket=self.bucket, Prefix=self.prefix, **following
                )
                found += [one["Key"].removeprefix(self.prefix) for one in page.get("Contents", ())]
        except AwsError as error:
            raise StorageError(f"{self.bucket}: {error}") from None
        return sorted(
            one for one in found if one and not one.endswith("/")
        )  # the console makes empty folders

    def delete(self, key: str) -> None:
        self._call("delete_object", key)

    def url(self, key: str, seconds: int, filename: str) -> str | None:
        ascii_name = re.sub(r"[^A-Za-z0-9._-]", "-", filename)
        values = {
            "Bucket": self.bucket,
            "Key": self.prefix + checked_key(key),
            "ResponseContentDisposition": f'attachment; filename="{ascii_name}"',
            "ResponseCacheControl": "private, no-store",
        }
        expires = max(1, min(seconds, MOST_LINK_SECONDS))
        try:
            signed = aws.call(
                self._link_client,
                "generate_presigned_url",
                ClientMethod="get_object",
                Params=values,
                ExpiresIn=expires,
            )
        except AwsError as error:  # no credentials
            raise StorageError(f"{key}: {error}") from None
        return str(signed)

    def _call(self, action: str, key: str, read: str = "", **values: Any) -> Any:
        try:
            return aws.call(
                self._client,
                action,
                read,
                Bucket=self.bucket,
                Key=self.prefix + checked_key(key),
                **values,
            )
        except AwsError as error:
            if error.code in _ABSENT:
                raise Missing(key) from None
            raise StorageError(f"{key}: {error}") from None


def _client(options: Mapping[str, str]) -> Any:
    return aws.client("s3", urlencode(options), read_seconds=READ_SECONDS, signature_version="s3v4")
