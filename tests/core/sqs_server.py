"""A server with the API of SQS in the test's process, with a clock that tests can advance."""

from __future__ import annotations

import threading
import time
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from moto.core.utils import unix_time, unix_time_millis
from moto.sqs import models as sqs_models

from app.adapters.sqs import Queues
from app.core.messages import CONSUMERS
from tests.aws_server import credentials, endpoint

POLL_SECONDS = 0.05
_one_receive = threading.Lock()
_receive = sqs_models.SQSBackend.receive_message


def receive_alone(
    backend: sqs_models.SQSBackend, queue_name: str, count: int, wait: int, *more: Any
) -> list[sqs_models.Message]:
    """Receive as the server does, but one call at a time: it looks for visible messages without a lock.

    Otherwise two workers may receive the same message. SQS may do that too, but so rarely that no test can wait for it.
    """
    end = time.monotonic() + wait
    while True:
        with _one_receive:
            found: list[sqs_models.Message] = _receive(backend, queue_name, count, 0, *more)
        if found or time.monotonic() >= end:
            return found
        time.sleep(POLL_SECONDS)


class Clock:
    """The seconds by which the server's clock is ahead."""

    def __init__(self) -> None:
        self.ahead = 0.0


@contextmanager
def sqs(consumers: tuple[str, ...] = CONSUMERS) -> Iterator[tuple[Queues, Clock]]:
    """Queues with a name of their own, and the server's clock."""
    clock = Clock()
    with credentials(), pytest.MonkeyPatch.context() as patch:
        patch.setattr(sqs_models.SQSBackend, "receive_message", receive_alone)
        patch.setattr(sqs_models, "unix_time", lambda *given: unix_time(*given) + clock.ahead)
        patch.setattr(
            sqs_models, "unix_time_millis", lambda *given: unix_time_millis(*given) + clock.ahead * 1000
        )
        queues = Queues(f"sqs://test-{uuid.uuid4().hex[:12]}?region=us-east-1&endpoint={endpoint()}")
        queues.create(consumers)
        yield queues, clock
