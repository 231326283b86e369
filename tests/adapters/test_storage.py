"""The contract of the storage, for both adapters: a folder, and S3 over HTTP."""

from __future__ import annotations

import os
import stat
import threading
import urllib.request
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.adapters import storage as storage_module
from app.adapters.storage import (
    BadAddress,
    BadKey,
    FolderStorage,
    Missing,
    Storage,
    StorageError,
    open_storage,
    shared_storage,
)
from app.adapters.storage_port import checked_key
from app.adapters.storage_s3 import S3Storage
from tests.adapters.conftest import BUCKET
from tests.aws_server import endpoint


@pytest.fixture(params=["folder", "s3"])
def storage(request: pytest.FixtureRequest, tmp_path: Path) -> Storage:
    if request.param == "folder":
        return open_storage("folder:", tmp_path / "tickets")
    return request.getfixturevalue("s3")


def test_a_stored_file_can_be_read(storage: Storage) -> None:
    storage.put("orders/one-1.pdf", b"%PDF-1.7\x00\xff", "application/pdf")
    assert storage.get("orders/one-1.pdf") == b"%PDF-1.7\x00\xff"
    assert storage.exists("orders/one-1.pdf")


def test_storing_again_replaces_the_file(storage: Storage) -> None:
    storage.put("orders/two.pdf", b"first", "application/pdf")
    storage.put("orders/two.pdf", b"second", "application/pdf")
    assert storage.get("orders/two.pdf") == b"second"


def test_an_empty_file_can_be_stored(storage: Storage) -> None:
    storage.put("empty", b"", "text/plain")
    assert storage.get("empty") == b""


def test_reading_an_unknown_key_raises_missing(storage: Storage) -> None:
    assert not storage.exists("orders/none.pdf")
    with pytest.raises(Missing):
        storage.get("orders/none.pdf")


def test_all_keys_are_listed(storage: Storage) -> None:
    for key in ("listed/b.csv", "listed/plans/a.txt"):
        storage.put(key, b"x", "text/plain")
    found = storage.keys()
    assert [key for key in found if key.startswith("listed/")] == ["listed/b.csv", "listed/plans/a.txt"]


def test_deleting_twice_is_no_error(storage: Storage) -> None:
    storage.put("orders/three.pdf", b"x", "application/pdf")
    storage.delete("orders/three.pdf")
    storage.delete("orders/three.pdf")
    assert not storage.exists("orders/three.pdf")


@pytest.mark.parametrize(
    "key", ["", "/etc/passwd", "../secret-key", "a/../../b", "a//b", "a/.hidden", "A", "a b", "é", "a\x00"]
)
def test_invalid_keys_are_refused_by_all_functions(storage: Storage, key: str) -> None:
    actions: list[Callable[[], object]] = [
        lambda: storage.put(key, b"", "text/plain"),
        lambda: storage.get(key),
        lambda: storage.exists(key),
        lambda: storage.delete(key),
        lambda: storage.url(key, 60, "x.pdf"),
    ]
    for action in actions:
        with pytest.raises(BadKey):
            action()


def test_a_link_downloads_the_file_under_its_name(storage: Storage) -> None:
    storage.put("orders/four.pdf", b"the file", "application/pdf")
    link = storage.url("orders/four.pdf", 60, 'Ingressos "LUZ"\r\nX: y.pdf')
    if isinstance(storage, FolderStorage):
        assert link is None
        return
    assert link is not None
    with urllib.request.urlopen(link, timeout=10) as answer:
        assert answer.read() == b"the file"
        assert answer.headers["Content-Disposition"] == 'attachment; filename="Ingressos--LUZ---X--y.pdf"'
        assert answer.headers["Content-Type"] == "application/pdf"


def test_concurrent_writers_leave_one_complete_file(storage: Storage) -> None:
    """A reader sees one of the contents at any time, never a part."""
    contents = [bytes([number]) * 50_000 for number in range(8)]
    storage.put("orders/five.pdf", contents[0], "application/pdf")
    threads = [
        threading.Thread(target=storage.put, args=("orders/five.pdf", content, "application/pdf"))
        for content in contents
    ]
    for thread in threads:
        thread.start()
    while any(thread.is_alive() for thread in threads):
        assert storage.get("orders/five.pdf") in contents
    assert storage.get("orders/five.pdf") in contents


def test_a_large_file_is_stored_whole(storage: Storage) -> None:
    content = bytes(range(256)) * 40_000  # 10 MB: more than one part of a multipart upload
    storage.put("orders/large.pdf", content, "application/pdf")
    assert storage.get("orders/large.pdf") == content
    storage.delete("orders/large.pdf")


@given(st.text(max_size=40))
def test_no_key_names_a_file_outside_the_folder(key: str) -> None:
    try:
        path = Path("/srv/tickets") / checked_key(key)
    except BadKey:
        return
    assert Path(os.path.normpath(path)).is_relative_to("/srv/tickets")
    assert os.path.normpath(path) != "/srv/tickets"


def test_only_the_owner_can_read_the_files(tmp_path: Path) -> None:
    storage = FolderStorage(tmp_path / "tickets")
    storage.put("orders/one.pdf", b"x", "application/pdf")
    mode = (tmp_path / "tickets" / "orders" / "one.pdf").stat().st_mode
    assert stat.S_IMODE(mode) == 0o600
    assert [path.name for path in (tmp_path / "tickets" / "orders").iterdir()] == ["one.pdf"]


def test_a_folder_that_cannot_be_written_is_a_storage_error(tmp_path: Path) -> None:
    (tmp_path / "tickets").write_text("a file stands where the folder should be")
    with pytest.raises(StorageError):
        FolderStorage(tmp_path / "tickets").put("one.pdf", b"x", "application/pdf")


@pytest.mark.parametrize(
    "address",
    [
        "",
        "s3:",
        "s3://",
        "s3://bucket?key=secret",
        "s3://bucket?region=São",
        "s3://bucket?endpoint=host",
        "s3://bucket?links=host",
        "ftp://host/x",
        "tickets",
    ],
)
def test_the_error_names_a_wrong_setting(address: str) -> None:
    with pytest.raises(BadAddress, match="a storage is"):
        open_storage(address, Path())


def test_a_setting_can_name_a_folder(tmp_path: Path) -> None:
    storage = open_storage(f"folder:{tmp_path}/elsewhere", Path("/nowhere"))
    storage.put("one", b"1", "text/plain")
    assert (tmp_path / "elsewhere" / "one").read_bytes() == b"1"


def test_all_threads_of_a_process_share_one_storage(
    s3: S3Storage, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """boto3 clients must be created by one thread at a time; a client itself can be shared."""
    made, at_work = [], threading.Lock()

    class Counted(S3Storage):
        def __init__(self, *arguments: str) -> None:
            assert at_work.acquire(blocking=False), "two clients are created at the same time"
            super().__init__(*arguments)
            made.append(self)
            at_work.release()

    monkeypatch.setattr(storage_module, "S3Storage", Counted)
    address = f"s3://{BUCKET}/shared-{tmp_path.name}?region=us-east-1&endpoint={endpoint()}"
    gate = threading.Barrier(8)

    def ask(number: int) -> Storage:
        gate.wait(30)
        storage = shared_storage(address, tmp_path)
        storage.put(f"one/{number}.pdf", b"%d" % number, "application/pdf")
        return storage

    with ThreadPoolExecutor(8) as pool:
        storages = list(pool.map(ask, range(8)))
    assert len(made) == 1
    assert {id(storage) for storage in storages} == {id(made[0])}
    assert [storages[0].get(f"one/{number}.pdf") for number in range(8)] == [b"%d" % n for n in range(8)]
    assert shared_storage("folder:", tmp_path) is shared_storage("folder:", tmp_path)
    assert shared_storage("folder:", tmp_path) is not shared_storage("folder:", tmp_path / "other")
