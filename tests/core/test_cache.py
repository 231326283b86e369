"""`core.cache`: keys, age, size, versions, and one load for all threads that ask at once."""

from __future__ import annotations

import pkgutil
import re
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from importlib import import_module
from pathlib import Path

import pytest
from sqlalchemy import text

import app
from app.core import cache, db
from app.core.cache import Cache

CALLERS = 6
TESTED = {"numbers", "lists", "first", "second"}  # the caches that these tests make
LIMIT = 30.0  # seconds, on a slow machine


class Source:
    """A loader for a cache: it counts its loads, and can be told to wait or to fail."""

    def __init__(self) -> None:
        self.loads = 0
        self.began = threading.Event()
        self.may_end = threading.Event()
        self.may_end.set()
        self.error: Exception | None = None

    def load(self) -> int:
        self.loads += 1
        number = self.loads
        self.began.set()
        assert self.may_end.wait(LIMIT)
        if self.error is not None:
            raise self.error
        return number


@pytest.fixture
def source() -> Iterator[Source]:
    made = Source()
    yield made
    made.may_end.set()


@pytest.fixture(autouse=True)
def long_waits(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(cache, "WAIT_SECONDS", LIMIT)


def block_loads(source: Source) -> None:
    source.began.clear()
    source.may_end.clear()


def wait_until(seen: Callable[[], bool]) -> None:
    deadline = time.monotonic() + LIMIT
    while not seen():
        assert time.monotonic() < deadline
        time.sleep(0.005)


def test_a_value_is_loaded_once_for_each_key(source: Source) -> None:
    numbers: Cache[str, int] = Cache("numbers", most=10)
    assert [numbers.get(key, source.load) for key in "aabab"] == [1, 1, 2, 1, 2]


def test_the_least_recently_used_value_is_evicted(source: Source) -> None:
    numbers: Cache[str, int] = Cache("numbers", most=2)
    for key in "abac":
        numbers.get(key, source.load)
    assert len(numbers) == 2
    assert numbers.get("a", source.load) == 1
    assert numbers.get("b", source.load) == 4


def test_an_old_value_is_loaded_again(source: Source) -> None:
    numbers: Cache[str, int] = Cache("numbers", most=10, seconds=3600)
    assert [numbers.get("a", source.load) for _ in range(2)] == [1, 1]
    numbers.seconds = -1
    numbers.expire("a")
    assert [numbers.get("a", source.load) for _ in range(2)] == [2, 3]
    assert numbers.peek("a") == 3


def test_a_value_of_another_version_is_loaded_again(source: Source) -> None:
    versions = [1]
    numbers: Cache[str, int] = Cache("numbers", most=10, version=lambda: versions[0])
    assert [numbers.get("a", source.load) for _ in range(2)] == [1, 1]
    versions[0] = 2
    assert [numbers.get("a", source.load) for _ in range(2)] == [2, 2]


def test_an_equal_value_stays_the_same_object() -> None:
    lists: Cache[str, list[int]] = Cache("lists", most=10, seconds=-1)
    first = lists.get("a", lambda: [1, 2])
    assert lists.get("a", lambda: [1, 2]) is first
    assert lists.get("a", lambda: [1, 2, 3]) == [1, 2, 3]


def test_a_caller_that_bypasses_the_cache_neither_reads_nor_writes_it(source: Source) -> None:
    bypassing = [True]
    numbers: Cache[str, int] = Cache("numbers", most=10, bypass=lambda: bypassing[0])
    assert [numbers.get("a", source.load) for _ in range(2)] == [1, 2]
    bypassing[0] = False
    assert numbers.get("a", source.load) == 3
    bypassing[0] = True
    assert numbers.get("a", source.load) == 4
    bypassing[0] = False
    assert numbers.get("a", source.load) == 3


def test_an_error_is_not_kept(source: Source) -> None:
    numbers: Cache[str, int] = Cache("numbers", most=10)
    source.error = LookupError("gone")
    with pytest.raises(LookupError):
        numbers.get("a", source.load)
    source.error = None
    assert numbers.get("a", source.load) == 2


def test_clear_all_reaches_every_cache(source: Source) -> None:
    first: Cache[str, int] = Cache("first", most=10)
    second: Cache[str, int] = Cache("second", most=10)
    first.get("a", source.load)
    second.get("a", source.load)
    cache.clear_all()
    assert (len(first), len(second)) == (0, 0)


@pytest.mark.usefixtures("database")
def test_a_new_database_connection_clears_the_caches(source: Source, database: str) -> None:
    numbers: Cache[str, int] = Cache("numbers", most=10)
    numbers.get("a", source.load)
    db.connect(database)
    assert numbers.get("a", source.load) == 2


class CountingEvent(threading.Event):
    """An event that counts the threads that wait for it."""

    waiting = 0

    def wait(self, timeout: float | None = None) -> bool:
        self.waiting += 1
        return super().wait(timeout)


def count_waiters_of(numbers: Cache[str, int], key: str) -> CountingEvent:
    """Replace the event of the load of `key` that is in progress by one that counts its waiting threads."""
    seen = numbers._flights[key].done = CountingEvent()
    return seen


def test_concurrent_callers_load_a_value_once(source: Source) -> None:
    numbers: Cache[str, int] = Cache("numbers", most=10)
    block_loads(source)
    with ThreadPoolExecutor(CALLERS + 1) as pool:
        leader = pool.submit(numbers.get, "a", source.load)
        assert source.began.wait(LIMIT)
        seen = count_waiters_of(numbers, "a")
        callers = [pool.submit(numbers.get, "a", source.load) for _ in range(CALLERS)]
        wait_until(lambda: seen.waiting == CALLERS)
        source.may_end.set()
        assert {one.result(LIMIT) for one in [leader, *callers]} == {1}
    assert source.loads == 1


def test_after_a_failed_load_each_waiting_caller_loads_the_value(source: Source) -> None:
    numbers: Cache[str, int] = Cache("numbers", most=10)
    block_loads(source)
    source.error = LookupError("gone")
    with ThreadPoolExecutor(2) as pool:
        leader = pool.submit(numbers.get, "a", source.load)
        assert source.began.wait(LIMIT)
        seen = count_waiters_of(numbers, "a")
        second = pool.submit(numbers.get, "a", lambda: 7)
        wait_until(lambda: seen.waiting == 1)
        source.may_end.set()
        assert second.result(LIMIT) == 7
        assert isinstance(leader.exception(LIMIT), LookupError)


def test_a_caller_loads_the_value_itself_when_the_load_is_slow(
    source: Source, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(cache, "WAIT_SECONDS", 0.01)
    numbers: Cache[str, int] = Cache("numbers", most=10)
    block_loads(source)
    with ThreadPoolExecutor(1) as pool:
        leader = pool.submit(numbers.get, "a", source.load)
        assert source.began.wait(LIMIT)
        assert numbers.get("a", lambda: 7) == 7
        source.may_end.set()
        assert leader.result(LIMIT) == 1


def test_a_value_that_expires_during_its_load_is_not_kept(source: Source) -> None:
    numbers: Cache[str, int] = Cache("numbers", most=10)
    block_loads(source)
    with ThreadPoolExecutor(1) as pool:
        leader = pool.submit(numbers.get, "a", source.load)
        assert source.began.wait(LIMIT)
        numbers.expire("a")
        assert numbers.get("a", lambda: 7) == 7
        source.may_end.set()
        assert leader.result(LIMIT) == 1
    assert numbers.get("a", source.load) == 7


@pytest.mark.usefixtures("database")
def test_a_caller_with_a_transaction_does_not_wait_for_a_load(source: Source) -> None:
    """The load could need the connection, or a lock, that the waiting transaction holds."""
    numbers: Cache[str, int] = Cache("numbers", most=10)
    block_loads(source)
    with ThreadPoolExecutor(1) as pool:
        leader = pool.submit(numbers.get, "a", source.load)
        assert source.began.wait(LIMIT)
        with db.transaction():
            assert numbers.get("a", lambda: 7) == 7
        source.may_end.set()
        assert leader.result(LIMIT) == 1


@pytest.mark.usefixtures("database")
def test_a_waiting_reader_returns_its_connection(source: Source) -> None:
    """Otherwise waiting readers could hold all connections of the pool, and the load would get none."""
    numbers: Cache[str, int] = Cache("numbers", most=10)
    block_loads(source)

    def read() -> int:
        with db.reading() as session:
            session.execute(text("select 1"))
            return numbers.get("a", source.load)

    with ThreadPoolExecutor(2) as pool:
        leader = pool.submit(numbers.get, "a", source.load)
        assert source.began.wait(LIMIT)
        seen = count_waiters_of(numbers, "a")
        reader = pool.submit(read)
        wait_until(lambda: seen.waiting == 1)
        wait_until(lambda: db.engine().pool.checkedout() == 0)  # type: ignore[attr-defined]
        source.may_end.set()
        assert [leader.result(LIMIT), reader.result(LIMIT)] == [1, 1]


def test_every_cache_is_in_the_decision_record() -> None:
    for module in pkgutil.walk_packages(app.__path__, "app."):
        if not module.name.startswith("app.web.gunicorn"):  # patches the process when it is imported
            import_module(module.name)
    record = (Path(app.__file__).parents[1] / "docs/decisions/21-caches.md").read_text()
    listed = {name.strip() for row in re.findall(r"^\| ([^|]+) \|", record, re.M) for name in row.split(",")}
    assert {name for name in cache.names() if name not in TESTED} <= listed
