"""The pool serves waiting callers in their order, also while new ones come."""

from __future__ import annotations

import threading
import time
from concurrent.futures import Future, ThreadPoolExecutor
from typing import Any

import pytest
from sqlalchemy.util import queue

from app.core.connection_pool import FairQueue

SECONDS = 20.0


def wait_for_waiters(fair: FairQueue, number: int) -> None:
    deadline = time.monotonic() + SECONDS
    while len(fair._waiters) != number:
        assert time.monotonic() < deadline
        time.sleep(0.005)


def test_waiting_callers_are_served_in_their_order_and_before_new_ones() -> None:
    fair = FairQueue(2)
    with ThreadPoolExecutor(3) as pool:
        waiting: list[Future[Any]] = []
        for number in range(3):
            waiting.append(pool.submit(fair.get, True, SECONDS))
            wait_for_waiters(fair, number + 1)
        for item in ("first", "second"):
            fair.put(item, False)
            with pytest.raises(queue.Empty):
                fair.get(False)
        fair.put("third", False)
        assert [one.result(SECONDS) for one in waiting] == ["first", "second", "third"]


def test_a_caller_that_gave_up_gets_nothing() -> None:
    fair = FairQueue(1)
    with pytest.raises(queue.Empty):
        fair.get(True, 0.01)
    fair.put("kept", False)
    with pytest.raises(queue.Full):
        fair.put("too many", False)
    assert fair.get(True, 0.01) == "kept"


def test_no_item_is_lost_or_given_twice() -> None:
    fair, seen, lock = FairQueue(3), [], threading.Lock()
    in_use: set[int] = set()
    for item in range(3):
        fair.put(item, False)

    def borrow() -> None:
        for _ in range(50):
            item = fair.get(True, SECONDS)
            with lock:
                assert item not in in_use
                in_use.add(item)
                seen.append(item)
            with lock:
                in_use.remove(item)
            fair.put(item, False)

    with ThreadPoolExecutor(8) as pool:
        for one in [pool.submit(borrow) for _ in range(8)]:
            one.result(60)
    assert (len(seen), fair.qsize()) == (400, 3)
