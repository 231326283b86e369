"""Dead letters in the dead-letter queues of SQS.

SQS has a task that moves messages back, but not every server with the API of SQS has it, and it moves all of a queue.
So this module sends a message again and then deletes its dead letter: after a crash in between it is delivered twice,
and the mark in `core.processed` stops the second one.
"""

from __future__ import annotations

import hashlib
import json
import re
import uuid
from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

from app.adapters.sqs import DEAD, MOST_IN_A_BATCH, QueueError, Queues, Received, Sent
from app.core.dead_letters import DeadLetter, DeadLetters
from app.core.messages import CONSUMERS

_LISTED_SECONDS = (
    30  # while one call of `list` or `put_back` reads a queue, others do not see what it has read
)
_MOST_ERROR = 2_000
_CONTROL = re.compile(r"[\x00-\x1f\x7f]+")
CRASHED = (
    "every worker that handled it died"  # SQS itself moved it: it was received too often without an outcome
)


def bury(
    queues: Queues,
    consumer: str,
    receipt: str,
    body: str,
    error: str,
    *,
    attempts: int,
    attributes: Mapping[str, str],
) -> None:
    """Move a received message with its attributes to the dead-letter queue of `consumer`. Raises QueueError.

    The attributes carry the trace: when the message is put back, it goes on.
    """
    about = {
        "error": _CONTROL.sub(" ", error)[:_MOST_ERROR],
        "attempts": str(attempts),
        "dead_at": datetime.now(UTC).isoformat(),
    }
    _send(queues, f"{consumer}-{DEAD}", Sent("0", body, {**attributes, **about}))
    queues.delete(consumer, receipt)


class SqsDeadLetters:
    """`core.dead_letters.DeadLetters` in the dead-letter queues of all consumers."""

    def __init__(self, queues: Queues, consumers: Sequence[str] = CONSUMERS) -> None:
        self.queues = queues
        self.consumers = consumers

    def list(self, message_id: str | None = None) -> list[DeadLetter]:
        found = []
        for consumer in self.consumers:
            messages = list(_received(self.queues, f"{consumer}-{DEAD}"))
            for message in messages:
                self.queues.hide(f"{consumer}-{DEAD}", message.receipt, seconds=0)
            found += [_letter(consumer, message) for message in messages]
        wanted = [one for one in found if message_id in (None, one.message_id)]
        return sorted(wanted, key=lambda one: one.dead_at)

    def put_back(self, message_id: str | None = None) -> int:
        return sum(self._put_back(consumer, message_id) for consumer in self.consumers)

    def _put_back(self, consumer: str, message_id: str | None) -> int:
        """Put each message back once: a worker may make it a dead letter again while this queue is still read."""
        dead = f"{consumer}-{DEAD}"
        put_back: set[bytes] = set()  # hashes of bodies: a dead letter of SQS has a new id each time
        others = []
        for message in _received(self.queues, dead):
            body = hashlib.sha256(message.body.encode()).digest()
            if body in put_back or message_id not in (None, _letter(consumer, message).message_id):
                others.append(message)
                continue
            kept = {name: value for name, value in message.attributes.items() if name not in _OURS}
            _send(self.queues, consumer, Sent("0", message.body, kept))
            self.queues.delete(dead, message.receipt)
            put_back.add(body)
        for message in others:
            self.queues.hide(dead, message.receipt, seconds=0)
        return len(put_back)


_OURS = frozenset({"error", "attempts", "dead_at"})


class AllDeadLetters:
    """The dead letters of several ports together."""

    def __init__(self, *ports: DeadLetters) -> None:
        self.ports = ports

    def list(self, message_id: str | None = None) -> list[DeadLetter]:
        found = [letter for port in self.ports for letter in port.list(message_id)]
        return sorted(found, key=lambda one: one.dead_at)

    def put_back(self, message_id: str | None = None) -> int:
        return sum(port.put_back(message_id) for port in self.ports)


def _send(queues: Queues, queue: str, message: Sent) -> None:
    for error in queues.send(queue, [message]).values():
        raise QueueError(error)


def _received(queues: Queues, queue: str) -> Iterator[Received]:
    """Receive all messages of a queue, each once; they stay hidden for a while."""
    seen: set[str] = set()
    empty = 0
    while (
        empty < 2
    ):  # SQS asks some of its servers only: one empty answer does not mean that the queue is empty
        batch = queues.receive(queue, most=MOST_IN_A_BATCH, seconds=_LISTED_SECONDS)
        empty = 0 if batch else empty + 1
        for message in batch:
            if message.id in seen:
                return  # a long list: the first ones are shown again
            seen.add(message.id)
            yield message


def _letter(consumer: str, message: Received) -> DeadLetter:
    """The dead letter, also of a text that is no message of ours, or that a person sent with other attributes."""
    message_id, kind, payload = _content(message)
    attributes = message.attributes
    return DeadLetter(
        message_id=message_id,
        consumer=consumer,
        kind=kind,
        payload=payload,
        attempts=_attempts(attributes.get("attempts"), message.received),
        last_error=_CONTROL.sub(" ", attributes.get("error", CRASHED)),
        dead_at=_moment(attributes.get("dead_at"), message.sent_at),
    )


def _content(message: Received) -> tuple[str, str, Mapping[str, Any]]:
    """Id, kind and payload of the message; SQS's own id and the body of one that is not ours."""
    try:
        content = json.loads(message.body)
        message_id, kind, payload = content["message_id"], content["kind"], content["payload"]
        uuid.UUID(message_id)
        if isinstance(kind, str) and isinstance(payload, dict):
            return message_id, _CONTROL.sub(" ", kind), payload
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError):
        pass
    return message.id, "", {"body": message.body}


def _attempts(given: str | None, received: int) -> int:
    return int(given) if given is not None and re.fullmatch("[0-9]{1,9}", given) else received


def _moment(given: str | None, sent_at: float) -> datetime:
    """When the message was given up: what `bury` noted, else when it came into the queue. In UTC."""
    try:
        noted = datetime.fromisoformat(given or "")
        if noted.tzinfo is not None:
            return noted.astimezone(UTC)
    except (ValueError, OverflowError):
        pass
    return datetime.fromtimestamp(sent_at, UTC)
