"""A bucket on the stand-in server, and the storage in it."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import boto3
import pytest

from app.adapters.storage import open_storage
from app.adapters.storage_s3 import S3Storage
from tests.aws_server import credentials, endpoint

BUCKET = "bilheteria-tickets"


@pytest.fixture(scope="module")
def s3() -> Iterator[S3Storage]:
    """The storage below `tests/` in BUCKET. Its client is made once a module, because that takes a second."""
    with credentials():
        with suppress(Exception):
            boto3.client("s3", region_name="us-east-1", endpoint_url=endpoint()).create_bucket(Bucket=BUCKET)
        storage = open_storage(f"s3://{BUCKET}/tests?region=us-east-1&endpoint={endpoint()}", Path())
        assert isinstance(storage, S3Storage)
        yield storage
