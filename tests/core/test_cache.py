"""Caches: what is kept, for how long, how many, and one load for a crowd."""

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

CROWD = 6
TESTED = {"numbers", "lists", "first", "second"}  # caches of these tests
LIMIT = 30.0  # seconds, on a slow machine


class Source:
    """What a cache loads: it counts, and can be made to wait or to fail."""

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


def holding_loads(source: Source) -> None:
    source.began.clear()
    source.may_end.clear()


def until(seen: Callable[[], bool]) -> None:
    deadline = time.monotonic() + LIMIT
    while not seen():
        assert time.monotonic() < deadline
        time.sleep(0.005)


def test_a_value_is_loaded_once_for_each_key(source: Source) -> None:
    numbers: Cache[str, int] = Cache("numbers", most=10)
    assert [numbers.get(key, source.load) for key in "aabab"] == [1, 1, 2, 1, 2]


def test_the_least_recently_used_value_makes_place(source: Source) -> None:
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


def test_a_caller_who_bypasses_neither_reads_nor_writes(source: Source) -> None:
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
def test_another_database_has_nothing_of_the_last_one(source: Source, database: str) -> None:
    numbers: Cache[str, int] = Cache("numbers", most=10)
    numbers.get("a", source.load)
    db.connect(database)
    assert numbers.get("a", source.load) == 2


class Seen(threading.Event):
    """An event that counts who waits for it."""

    waiting = 0

    def wait(self, timeout: float | None = None) -> bool:
        self.waiting += 1
        return super().wait(timeout)


def flight_of(numbers: Cache[str, int], key: str) -> Seen:
    """The load of `key` that is in progress, with its event replaced by one that counts."""
    seen = numbers._flights[key].done = Seen()
    return seen


def test_a_crowd_loads_a_value_once(source: Source) -> None:
    numbers: Cache[str, int] = Cache("numbers", most=10)
    holding_loads(source)
    with ThreadPoolExecutor(CROWD + 1) as pool:
        leader = pool.submit(numbers.get, "a", source.load)
        assert source.began.wait(LIMIT)
        seen = flight_of(numbers, "a")
        crowd = [pool.submit(numbers.get, "a", source.load) for _ in range(CROWD)]
        until(lambda: seen.waiting == CROWD)
        source.may_end.set()
        assert {one.result(LIMIT) for one in [leader, *crowd]} == {1}
    assert source.loads == 1


def test_when_the_load_fails_each_caller_tries_itself(source: Source) -> None:
    numbers: Cache[str, int] = Cache("numbers", most=10)
    holding_loads(source)
    source.error = LookupError("gone")
    with ThreadPoolExecutor(2) as pool:
        leader = pool.submit(numbers.get, "a", source.load)
        assert source.began.wait(LIMIT)
        seen = flight_of(numbers, "a")
        second = pool.submit(numbers.get, "a", lambda: 7)
        until(lambda: seen.waiting == 1)
        source.may_end.set()
        assert second.result(LIMIT) == 7
        assert isinstance(leader.exception(LIMIT), LookupError)


def test_when_the_load_takes_long_a_caller_loads_the_value_itself(
    source: Source, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(cache, "WAIT_SECONDS", 0.01)
    numbers: Cache[str, int] = Cache("numbers", most=10)
    holding_loads(source)
    with ThreadPoolExecutor(1) as pool:
        leader = pool.submit(numbers.get, "a", source.load)
        assert source.began.wait(LIMIT)
        assert numbers.get("a", lambda: 7) == 7
        source.may_end.set()
        assert leader.result(LIMIT) == 1


def test_what_is_expired_while_it_is_loaded_is_not_kept(source: Source) -> None:
    numbers: Cache[str, int] = Cache("numbers", most=10)
    holding_loads(source)
    with ThreadPoolExecutor(1) as pool:
        leader = pool.submit(numbers.get, "a", source.load)
        assert source.began.wait(LIMIT)
        numbers.expire("a")
        assert numbers.get("a", lambda: 7) == 7
        source.may_end.set()
        assert leader.result(LIMIT) == 1
    assert numbers.get("a", source.load) == 7


@pytest.mark.usefixtures("database")
def test_nobody_waits_with_a_transaction(source: Source) -> None:
    """The load might need the connection, or a lock, that the waiting transaction has."""
    numbers: Cache[str, int] = Cache("numbers", most=10)
    holding_loads(source)
    with ThreadPoolExecutor(1) as pool:
        leader = pool.submit(numbers.get, "a", source.load)
        assert source.began.wait(LIMIT)
        with db.transaction():
            assert numbers.get("a", lambda: 7) == 7
        source.may_end.set()
        assert leader.result(LIMIT) == 1


@pytest.mark.usefixtures("database")
def test_who_waits_gives_its_connection_back(source: Source) -> None:
    """Else a crowd that reads would hold all connections, and the load of one of them would get none."""
    numbers: Cache[str, int] = Cache("numbers", most=10)
    holding_loads(source)

    def read() -> int:
        with db.reading() as session:
            session.execute(text("select 1"))
            return numbers.get("a", source.load)

    with ThreadPoolExecutor(2) as pool:
        leader = pool.submit(numbers.get, "a", source.load)
        assert source.began.wait(LIMIT)
        seen = flight_of(numbers, "a")
        reader = pool.submit(read)
        until(lambda: seen.waiting == 1)
        until(lambda: db.engine().pool.checkedout() == 0)  # type: ignore[attr-defined]
        source.may_end.set()
        assert [leader.result(LIMIT), reader.result(LIMIT)] == [1, 1]


def test_every_cache_is_in_the_decision_record() -> None:
    for module in pkgutil.walk_packages(app.__path__, "app."):
        if not module.name.startswith("app.web.gunicorn"):  # patches the process when it is imported
            import_module(module.name)
    record = (Path(app.__file__).parents[1] / "docs/decisions/21-caches.md").read_text()
    listed = {name.strip() for row in re.findall(r"^\| ([^|]+) \|", record, re.M) for name in row.split(",")}
    assert {name for name in cache.names() if name not in TESTED} <= listed
