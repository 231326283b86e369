"""The outbox as the source of deliveries: workers lease its rows in the database, and no queue stands in between."""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any

from sqlalchemy import TextClause, text

from app.adapters.postgres_listen import listen
from app.core import db, outbox
from app.core.deliveries import AlreadyDone, Delivery, LeaseLost
from app.core.wake_up import WakeUp

MOST_EXPIRED = 10  # consecutive leases that expired without an outcome
LISTEN_AGAIN_SECONDS = 1.0
log = logging.getLogger("bilheteria.worker")

_LEASE = text(
    """
    update core.outbox o set leased_until = clock_timestamp() + make_interval(secs => :seconds),
      attempts = attempts + 1, lapses = case when o.leased_until is null then 0 else lapses + 1 end
    from (
        select message_id, consumer from core.outbox
        where consumer = any(:consumers) and dead_at is null and available_at <= clock_timestamp()
          and (leased_until is null or leased_until < clock_timestamp())
        order by available_at limit :most for update skip locked
    ) due
    where o.message_id = due.message_id and o.consumer = due.consumer
    returning o.message_id, o.consumer, o.kind, o.payload, o.attributes, o.attempts, o.available_at, o.lapses
    """
)
# `attempts` is the number of the lease: these match no row once another worker has leased the delivery.
_EXTEND = text(
    """
    update core.outbox set leased_until = clock_timestamp() + make_interval(secs => :seconds)
    where message_id = :message_id and consumer = :consumer and attempts = :receipt
      and leased_until is not null and dead_at is null
    returning 1
    """
)
_RETRY = text(
    """
    update core.outbox set leased_until = null, last_error = :error,
      available_at = clock_timestamp() + make_interval(secs => :delay)
    where message_id = :message_id and consumer = :consumer and attempts = :receipt
    """
)
_RELEASE = text(
    """
    update core.outbox set leased_until = null
    where message_id = :message_id and consumer = :consumer and attempts = :receipt and dead_at is null
    """
)
_DISCARD = text(
    "delete from core.outbox where message_id = :message_id and consumer = :consumer and attempts = :receipt"
)
_DEAD_LETTER = text(
    """
    update core.outbox set leased_until = null, last_error = :error, dead_at = clock_timestamp()
    where message_id = :message_id and consumer = :consumer and attempts = :receipt
    """
)
_DONE = text(
    """
    with deleted as (delete from core.outbox where message_id = :message_id and consumer = :consumer)
    insert into core.processed (consumer, message_id) values (:consumer, :message_id)
    on conflict do nothing returning 1
    """
)


class OutboxSource:
    """`core.deliveries.DeliverySource` on the rows of `core.outbox`.

    The receipt is the number of the lease. NOTIFY wakes a waiting `lease`; polling finds messages without one.
    """

    def __init__(self) -> None:
        self._wake_ups: dict[frozenset[str], WakeUp] = {}
        self._making = threading.Lock()
        self._stopping = threading.Event()

    def lease(
        self, consumers: Sequence[str], *, most: int, seconds: float, wait: float = 0.0
    ) -> list[Delivery]:
        """See DeliverySource. A delivery whose leases keep expiring becomes a dead letter here."""
        if not wait:
            return _lease(consumers, most, seconds)[0]
        wake_up = self._wake_up(consumers)
        until = time.monotonic() + wait
        while (notified := wake_up.wait(until)) is not None:
            batch, is_full = _lease(consumers, most, seconds)
            wake_up.queried(notified, more=is_full)
            if batch:
                return batch
        return []

    @contextmanager
    def listening(self) -> Iterator[None]:
        listener = threading.Thread(target=self._listen, name="listen")
        listener.start()
        try:
            yield
        finally:
            self.stop()
            listener.join()

    def stop(self) -> None:
        self._stopping.set()
        with self._making:
            for wake_up in self._wake_ups.values():
                wake_up.stop()

    @property
    def is_stopping(self) -> bool:
        return self._stopping.is_set()

    def extend(self, delivery: Delivery, *, seconds: float) -> None:
        with db.transaction() as current:
            if current.execute(_EXTEND, {"seconds": seconds} | _mine(delivery)).first() is None:
                raise LeaseLost(delivery.message_id)

    def mark_done(self, delivery: Delivery) -> None:
        key = {"message_id": delivery.message_id, "consumer": delivery.consumer}
        if db.session().execute(_DONE, key).first() is None:
            raise AlreadyDone(delivery.message_id)

    def acknowledge(self, delivery: Delivery) -> None:
        """Do nothing, because `mark_done` has deleted the row."""

    def retry(self, delivery: Delivery, *, delay: float, error: str) -> None:
        _end(_RETRY, delivery, delay=delay, error=error[:2000])

    def release(self, delivery: Delivery) -> None:
        _end(_RELEASE, delivery)

    def discard(self, delivery: Delivery) -> None:
        _end(_DISCARD, delivery)

    def dead_letter(self, delivery: Delivery, *, error: str) -> None:
        _end(_DEAD_LETTER, delivery, error=error[:2000])

    def _wake_up(self, consumers: Iterable[str]) -> WakeUp:
        """The wake-up that all threads with these consumers share."""
        with self._making:
            wake_up = self._wake_ups.setdefault(frozenset(consumers), WakeUp())
            if self._stopping.is_set():
                wake_up.stop()
            return wake_up

    def _listen(self) -> None:
        while not self._stopping.is_set():
            try:
                listen(
                    db.direct_url(),
                    outbox.CHANNEL,
                    limits=db.limits(),
                    stopping=self._stopping,
                    ready=self._wake_all,
                    heard=self._wake,
                )
            except Exception as error:
                log.warning("listening for messages failed", extra={"error": repr(error)})
                self._stopping.wait(LISTEN_AGAIN_SECONDS)

    def _wake_all(self) -> None:
        """Wake all waiting threads: notifications that were sent before listening began are lost."""
        with self._making:
            for wake_up in self._wake_ups.values():
                wake_up.notify()

    def _wake(self, notified: Iterable[str]) -> None:
        """Wake a thread for each notification; a notification is the name of the message's consumer."""
        with self._making:
            for consumer in notified:
                for consumers, wake_up in self._wake_ups.items():
                    if consumer in consumers:
                        wake_up.notify()


def _lease(consumers: Sequence[str], most: int, seconds: float) -> tuple[list[Delivery], bool]:
    """The deliveries, oldest first, and whether there may be more."""
    leased_at = time.monotonic()
    with db.transaction() as current:
        values = {"consumers": list(consumers), "most": most, "seconds": seconds}
        rows = current.execute(_LEASE, values).all()
    is_full = len(rows) == most
    rows = sorted(rows, key=lambda row: row.available_at)
    batch = [_delivery(row, leased_at) for row in rows]
    # A worker handles a batch in this order, so only the first delivery can have crashed it. The leases of the others
    # expired with the first one; they are handled now.
    if rows and rows[0].lapses >= MOST_EXPIRED:
        _end(_DEAD_LETTER, batch.pop(0), error="every worker that handled it died")
    return batch, is_full


def _delivery(row: Any, leased_at: float) -> Delivery:
    return Delivery(
        message_id=str(row.message_id),
        consumer=row.consumer,
        kind=row.kind,
        payload=row.payload,
        attempts=row.attempts,
        receipt=str(row.attempts),
        attributes=row.attributes,
        leased_at=leased_at,
    )


def _end(statement: TextClause, delivery: Delivery, **values: object) -> None:
    with db.transaction() as current:
        current.execute(statement, values | _mine(delivery))


def _mine(delivery: Delivery) -> dict[str, object]:
    """The parameters by which the statements above find the lease."""
    return {
        "message_id": delivery.message_id,
        "consumer": delivery.consumer,
        "receipt": int(delivery.receipt),
    }
