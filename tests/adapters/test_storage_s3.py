"""What is particular to S3: private, encrypted, with checksums; links that cannot be changed; an S3 that fails."""

from __future__ import annotations

import base64
import hashlib
import socket
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from urllib.error import HTTPError
from urllib.request import urlopen

import boto3
import pytest

from app.adapters import storage_s3
from app.adapters.storage import Missing, StorageError, open_storage
from app.adapters.storage_s3 import S3Storage
from tests.adapters.conftest import BUCKET
from tests.adapters.s3_links import refusal
from tests.adapters.scripted_server import ScriptedServer
from tests.aws_server import credentials, endpoint

PDF = b"%PDF-1.7 tickets"


@pytest.fixture
def scripted() -> Iterator[ScriptedServer]:
    with credentials(), ScriptedServer.running() as server:
        yield server


def at(server: ScriptedServer) -> str:
    """The address of the storage on this server."""
    return f"s3://{BUCKET}/tests?region=us-east-1&endpoint={server.url}"


def checksum(content: bytes) -> str:
    return base64.b64encode(hashlib.sha256(content).digest()).decode()


def test_an_object_is_sent_encrypted_with_its_checksum_and_without_an_acl(scripted: ScriptedServer) -> None:
    open_storage(at(scripted), Path()).put("orders/one.pdf", PDF, "application/pdf")
    (request,) = scripted.requests
    headers = request.headers
    assert (request.method, request.path) == ("PUT", f"/{BUCKET}/tests/orders/one.pdf")
    assert headers["x-amz-server-side-encryption"] == "AES256"
    assert headers["x-amz-checksum-sha256"] == checksum(PDF)
    assert headers["Content-Type"] == "application/pdf"
    assert not [name for name in headers if name.lower() == "x-amz-acl" or "grant" in name.lower()]
    signed = headers["Authorization"]
    assert "x-amz-checksum-sha256" in signed
    assert "x-amz-server-side-encryption" in signed


def test_damaged_content_is_refused(scripted: ScriptedServer) -> None:
    headers = {"x-amz-checksum-sha256": checksum(PDF), "Content-Type": "application/pdf"}
    scripted.answers = [(200, headers, PDF), (200, headers, PDF.replace(b"1", b"2"))]
    storage = open_storage(at(scripted), Path())
    assert storage.get("orders/one.pdf") == PDF
    with pytest.raises(StorageError, match="checksum"):
        storage.get("orders/one.pdf")


def test_the_stored_object_is_encrypted_and_private(s3: S3Storage) -> None:
    s3.put("orders/two.pdf", PDF, "application/pdf")
    client = boto3.client("s3", region_name="us-east-1", endpoint_url=endpoint())
    stored = client.head_object(Bucket=BUCKET, Key="tests/orders/two.pdf", ChecksumMode="ENABLED")
    assert stored["ServerSideEncryption"] == "AES256"
    assert stored["ContentType"] == "application/pdf"
    assert stored["ChecksumSHA256"] == checksum(PDF)
    grants = client.get_object_acl(Bucket=BUCKET, Key="tests/orders/two.pdf")["Grants"]
    assert [one["Grantee"].get("URI") for one in grants] == [None], "the owner alone"
    with pytest.raises(HTTPError) as refused:
        urlopen(f"{endpoint()}/{BUCKET}/tests/orders/two.pdf", timeout=10)
    assert refused.value.code == 403


def test_a_link_ends_with_its_time(s3: S3Storage) -> None:
    link = s3.url("orders/one.pdf", 300, "LUZ-4720.pdf")
    assert link is not None
    now = datetime.now(UTC)
    assert refusal("GET", link, now) is None
    assert refusal("GET", link, now + timedelta(seconds=290)) is None
    assert refusal("GET", link, now + timedelta(seconds=301)) == "expired"
    longer = link.replace("X-Amz-Expires=300", "X-Amz-Expires=3000")
    assert longer != link
    assert refusal("GET", longer, now) == "the signature does not match"


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("orders/one.pdf", "orders/two.pdf"),
        (BUCKET, "bilheteria-others"),
        ("LUZ-4720.pdf", "LUZ-4720.exe"),
        ("private%2C%20no-store", "public"),
        ("X-Amz-Expires", "response-content-type=text%2Fhtml&X-Amz-Expires"),
        ("127.0.0.1", "127.0.0.2"),
    ],
)
def test_a_link_cannot_be_changed(s3: S3Storage, old: str, new: str) -> None:
    link = s3.url("orders/one.pdf", 300, "LUZ-4720.pdf")
    assert link is not None
    assert old in link
    assert refusal("GET", link.replace(old, new), datetime.now(UTC)) == "the signature does not match"


@pytest.mark.parametrize("method", ["PUT", "DELETE", "HEAD", "POST"])
def test_a_link_reads_and_does_nothing_else(s3: S3Storage, method: str) -> None:
    link = s3.url("orders/one.pdf", 300, "LUZ-4720.pdf")
    assert link is not None
    assert refusal(method, link, datetime.now(UTC)) == "the signature does not match"


def test_links_lead_to_the_server_that_browsers_reach(s3: S3Storage) -> None:
    s3.put("orders/one.pdf", PDF, "application/pdf")
    query = f"region=us-east-1&endpoint={endpoint()}&links=https://tickets.example"
    storage = S3Storage(BUCKET, "tests", query)
    link = storage.url("orders/one.pdf", 300, "LUZ-4720.pdf")
    assert link is not None
    assert link.startswith(f"https://tickets.example/{BUCKET}/tests/orders/one.pdf?")
    assert refusal("GET", link, datetime.now(UTC)) is None
    assert storage.get("orders/one.pdf") == PDF


def test_a_bucket_is_created_once(s3: S3Storage) -> None:
    storage = S3Storage("bilheteria-new", "", f"region=sa-east-1&endpoint={endpoint()}")
    storage.create_bucket()
    storage.create_bucket()
    storage.put("one.pdf", PDF, "application/pdf")
    assert storage.exists("one.pdf")


def test_an_unknown_bucket_is_a_storage_error_and_not_missing(s3: S3Storage) -> None:
    storage = open_storage(f"s3://another-bucket?region=us-east-1&endpoint={endpoint()}", Path())
    with pytest.raises(StorageError) as caught:
        storage.get("one.pdf")
    assert not isinstance(caught.value, Missing)


def test_a_call_is_tried_three_times(scripted: ScriptedServer) -> None:
    storage = open_storage(at(scripted), Path())
    scripted.answers = [(503, {}, b""), (500, {}, b"")]
    storage.put("orders/one.pdf", PDF, "application/pdf")
    assert len(scripted.requests) == 3
    scripted.answers = [(503, {}, b"")] * 3
    with pytest.raises(StorageError):
        storage.put("orders/one.pdf", PDF, "application/pdf")
    assert len(scripted.requests) == 6


@pytest.mark.parametrize(
    "code", ["AccessDenied", "RequestTimeTooSkewed"]
)  # a clock that is wrong by 15 minutes
def test_a_refusal_is_not_tried_again(scripted: ScriptedServer, code: str) -> None:
    scripted.answers = [(403, {}, f"<Error><Code>{code}</Code></Error>".encode())]
    with pytest.raises(StorageError, match=code) as caught:
        open_storage(at(scripted), Path()).get("orders/one.pdf")
    assert not isinstance(caught.value, Missing)
    assert len(scripted.requests) == 1


def test_an_s3_that_does_not_answer_is_a_storage_error(monkeypatch: pytest.MonkeyPatch) -> None:
    """The server accepts connections and says nothing: each attempt ends with the time limit."""
    monkeypatch.setattr(storage_s3, "READ_SECONDS", 0.1)
    with credentials(), socket.create_server(("127.0.0.1", 0)) as silent:
        place = f"http://127.0.0.1:{silent.getsockname()[1]}"
        with pytest.raises(StorageError, match=r"[Tt]imeout"):
            open_storage(f"s3://{BUCKET}?region=us-east-1&endpoint={place}", Path()).get("one.pdf")


def test_an_unreachable_s3_is_a_storage_error() -> None:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        place = f"http://127.0.0.1:{free.getsockname()[1]}"
        with credentials(), pytest.raises(StorageError):
            open_storage(f"s3://{BUCKET}?region=us-east-1&endpoint={place}", Path()).put(
                "one.pdf", b"x", "application/pdf"
            )


def test_without_credentials_a_link_is_a_storage_error(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_PROFILE"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("AWS_SHARED_CREDENTIALS_FILE", str(tmp_path / "none"))
    monkeypatch.setenv("AWS_CONFIG_FILE", str(tmp_path / "none"))
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")
    with pytest.raises(StorageError, match="credentials"):
        open_storage(f"s3://{BUCKET}?region=us-east-1", Path()).url("one.pdf", 300, "one.pdf")


def test_a_long_list_of_keys_comes_in_pages(scripted: ScriptedServer) -> None:
    pages = [
        "<IsTruncated>true</IsTruncated><NextContinuationToken>next</NextContinuationToken>"
        "<Contents><Key>tests/b.csv</Key></Contents><Contents><Key>tests/</Key></Contents>",
        "<IsTruncated>false</IsTruncated><Contents><Key>tests/a.csv</Key></Contents>",
    ]
    scripted.answers = [
        (200, {"Content-Type": "application/xml"}, f"<ListBucketResult>{page}</ListBucketResult>".encode())
        for page in pages
    ]
    assert open_storage(at(scripted), Path()).keys() == ["a.csv", "b.csv"]
    first, second = (request.path for request in scripted.requests)
    assert "prefix=tests%2F" in first
    assert "continuation-token=next" in second
