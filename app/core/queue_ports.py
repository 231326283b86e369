"""Functions that open the two ports to deliveries: the worker's (`core.deliveries`) and the one to dead letters.

The setting `queue.url` chooses: the rows of the outbox, or the queues of SQS that a relay fills from the outbox.
"""

from __future__ import annotations

from app.core.config import settings
from app.core.dead_letters import DeadLetters, OutboxDeadLetters
from app.core.deliveries import DeliverySource
from app.core.outbox_source import OutboxSource


def open_source() -> DeliverySource:
    """The deliveries of this process's worker."""
    if not settings().queue.is_sqs:
        return OutboxSource()
    from app.adapters.sqs import Queues
    from app.core.sqs_source import SqsSource

    return SqsSource(Queues(settings().queue.url))


def open_dead_letters() -> DeadLetters:
    """The dead letters of all services."""
    if not settings().queue.is_sqs:
        return OutboxDeadLetters()
    from app.adapters.sqs import Queues
    from app.core.sqs_dead_letters import AllDeadLetters, SqsDeadLetters

    # The relay makes a dead letter of a row of the outbox that no queue can take.
    return AllDeadLetters(OutboxDeadLetters(), SqsDeadLetters(Queues(settings().queue.url)))
