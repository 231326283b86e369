"""Queues of SQS: one for each consuming service, each with a dead-letter queue.

The queue of a consumer is `NAME-CONSUMER`, its dead-letter queue `NAME-CONSUMER-dead`; `NAME` is from the address.
"""

from __future__ import annotations

import json
import re
import threading
from collections.abc import Mapping, Sequence, Set
from contextlib import suppress
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

from app.adapters import aws
from app.adapters.aws import AwsError

MOST_IN_A_BATCH = 10
MOST_BYTES = 262_144  # of a message, and of all messages of a batch together, attributes included
LONGEST_WAIT_SECONDS = 20
LONGEST_HIDDEN_SECONDS = 12 * 3600
# SQS moves a message to the dead-letter queue after so many receipts. The worker tries a failed one fewer times
# (`core.handling.PAUSES_OF_A_DAY`), so SQS decides only about messages that crash the worker.
MOST_RECEIVED = 35
DEAD = "dead"
_DAY = 24 * 3600
# Dead letters are kept longer than messages: SQS counts the age of both from the first sending.
KEPT_SECONDS, DEAD_KEPT_SECONDS = 4 * _DAY, 14 * _DAY
_COUNTS = (
    "ApproximateNumberOfMessages",
    "ApproximateNumberOfMessagesNotVisible",
    "ApproximateNumberOfMessagesDelayed",
)
_NAME = re.compile(r"[A-Za-z0-9_-]{1,50}")


class QueueError(Exception):
    """SQS did not answer, or refused; trying again later may help."""


class BadAddress(ValueError):
    """The setting is not a valid address of queues; the message shows the valid form."""


@dataclass(frozen=True, slots=True)
class Sent:
    """A message to send. `key` is unique within the call; text attributes travel beside the body."""

    key: str
    body: str
    attributes: Mapping[str, str]

    @property
    def size(self) -> int:
        """Bytes, as SQS counts them: names, types and values of attributes too."""
        named = sum(
            len(name) + len("String") + len(value.encode()) for name, value in self.attributes.items()
        )
        return len(self.body.encode()) + named


@dataclass(frozen=True, slots=True)
class Received:
    """A received message. `id` is of SQS; `receipt` names this receipt of it; `received` counts receipts, from 1."""

    id: str
    body: str
    receipt: str
    received: int
    attributes: Mapping[str, str]
    sent_at: float  # seconds since 1970, by the clock of SQS


def check_address(address: str) -> None:
    """`sqs://name?region=…&endpoint=…`. Raises BadAddress."""
    with suppress(ValueError):  # brackets without an end, unknown options
        parts = urlsplit(address)
        aws.options(parts.query)
        if parts.scheme == "sqs" and _NAME.fullmatch(parts.netloc) and not (parts.path + parts.fragment):
            return
    raise BadAddress(f"queues are at sqs://name?region=…, not {address!r}")


class Queues:
    """The queues at an address. Thread-safe. Every method raises QueueError when SQS fails.

    A send, receipt or deletion is tried at most three times.
    """

    def __init__(self, address: str) -> None:
        check_address(address)
        parts = urlsplit(address)
        self.name = parts.netloc
        try:
            self._client = aws.client(
                "sqs", parts.query, read_seconds=LONGEST_WAIT_SECONDS + 10, max_pool_connections=50
            )
        except AwsError as error:
            raise QueueError(str(error)) from None
        self._urls: dict[str, str] = {}
        self._lock = threading.Lock()

    def send(self, queue: str, messages: Sequence[Sent]) -> dict[str, str]:
        """Send up to ten messages of together MOST_BYTES. Returns the key and the error of each that was refused."""
        entries = [
            {
                "Id": str(number),
                "MessageBody": one.body,
                "MessageAttributes": {
                    name: {"DataType": "String", "StringValue": value}
                    for name, value in one.attributes.items()
                    if value
                },
            }
            for number, one in enumerate(messages)
        ]
        answer = self._call("send_message_batch", queue, Entries=entries)
        return {
            messages[int(one["Id"])].key: f"{one['Code']}: {one.get('Message', '')}"
            for one in answer.get("Failed", ())
        }

    def receive(self, queue: str, *, most: int, seconds: float, wait: float = 0.0) -> list[Received]:
        """Receive up to `most` messages (10), hidden from others for whole `seconds`; wait whole seconds for one."""
        answer = self._call(
            "receive_message",
            queue,
            MaxNumberOfMessages=min(most, MOST_IN_A_BATCH),
            VisibilityTimeout=_whole(seconds),
            WaitTimeSeconds=min(int(wait), LONGEST_WAIT_SECONDS),
            MessageAttributeNames=["All"],
            MessageSystemAttributeNames=["ApproximateReceiveCount", "SentTimestamp"],
        )
        return [_received(one) for one in answer.get("Messages", ())]

    def hide(self, queue: str, receipt: str, *, seconds: float) -> bool:
        """Hide a received message for whole `seconds` from now; 0 shows it. False if the receipt no longer counts."""
        gone = {"ReceiptHandleIsInvalid", "MessageNotInflight", "InvalidParameterValue"}
        values = {"ReceiptHandle": receipt, "VisibilityTimeout": _whole(seconds)}
        return self._call("change_message_visibility", queue, gone=gone, **values) is not None

    def delete(self, queue: str, receipt: str) -> None:
        """Delete a received message; one that is gone is no error."""
        gone = {"ReceiptHandleIsInvalid", "InvalidParameterValue"}
        self._call("delete_message", queue, gone=gone, ReceiptHandle=receipt)

    def depth(self, queue: str) -> tuple[int, int]:
        """About how many messages are ready, and how many are hidden: received, or sent with a delay."""
        answer = self._call("get_queue_attributes", queue, AttributeNames=["All"])
        counts = {name: int(value) for name, value in answer["Attributes"].items() if name in _COUNTS}
        ready = counts.pop(_COUNTS[0], 0)
        return ready, sum(counts.values())

    def create(self, consumers: Sequence[str]) -> None:
        """Create the queues of these consumers where they do not exist: encrypted, with their dead-letter queues.

        For a machine with a stand-in server. In production the infrastructure code makes them.
        """
        for consumer in consumers:
            kept = {"MessageRetentionPeriod": str(DEAD_KEPT_SECONDS), "SqsManagedSseEnabled": "true"}
            dead = self._create(f"{consumer}-{DEAD}", kept)
            policy = {"deadLetterTargetArn": dead, "maxReceiveCount": str(MOST_RECEIVED)}
            redrive = {"MessageRetentionPeriod": str(KEPT_SECONDS), "RedrivePolicy": json.dumps(policy)}
            self._create(consumer, kept | redrive)

    def _create(self, queue: str, attributes: Mapping[str, str]) -> str:
        """Create a queue; returns its ARN."""
        url = self._direct("create_queue", QueueName=f"{self.name}-{queue}", Attributes=attributes)[
            "QueueUrl"
        ]
        answer = self._direct("get_queue_attributes", QueueUrl=url, AttributeNames=["QueueArn"])
        return str(answer["Attributes"]["QueueArn"])

    def _url(self, queue: str) -> str:
        with self._lock:
            found = self._urls.get(queue)
        if found is None:
            found = str(self._direct("get_queue_url", QueueName=f"{self.name}-{queue}")["QueueUrl"])
            with self._lock:
                self._urls[queue] = found
        return found

    def _call(self, action: str, queue: str, gone: Set[str] = frozenset(), **values: Any) -> Any:
        """The answer; None if SQS refuses with a code of `gone`."""
        return self._direct(action, gone, QueueUrl=self._url(queue), **values)

    def _direct(self, action: str, gone: Set[str] = frozenset(), **values: Any) -> Any:
        try:
            return aws.call(self._client, action, **values)
        except AwsError as error:
            if error.code.rpartition(".")[2] in gone:
                return None
            raise QueueError(str(error)) from None


def _received(message: Mapping[str, Any]) -> Received:
    system = message.get("Attributes", {})
    attributes = message.get("MessageAttributes", {})
    return Received(
        id=message["MessageId"],
        body=message["Body"],
        receipt=message["ReceiptHandle"],
        received=int(system.get("ApproximateReceiveCount", 1)),
        attributes={name: str(one.get("StringValue", "")) for name, one in attributes.items()},
        sent_at=int(system.get("SentTimestamp", 0)) / 1000,
    )


def _whole(seconds: float) -> int:
    """Whole seconds, rounded up: SQS has no parts of a second, and a message must not come too early."""
    return min(LONGEST_HIDDEN_SECONDS, max(0, -int(-seconds // 1)))
