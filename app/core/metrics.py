"""The metrics: names, units, labels and the values that labels can have. docs/telemetry.md explains each to operators.

`core.telemetry` records them. A label has few values: never an id, an address or anything that a person typed.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Final, Literal

Kind = Literal["counter", "histogram", "gauge"]
# Bounds of the buckets of a histogram in seconds: from a cached page to a mail server that does not answer.
SECONDS: Final = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0, 120.0, 600.0, 3600.0)


@dataclass(frozen=True, slots=True)
class Metric:
    """A metric. `unit` is a code of UCUM (`s`), or what is counted in braces. `labels` are the names of its labels."""

    name: str
    kind: Kind
    unit: str
    about: str
    labels: tuple[str, ...] = field(default=())


REQUESTS: Final = Metric(
    "http.server.request.duration",
    "histogram",
    "s",
    "The time until the headers of an answer are sent",
    ("http.request.method", "http.route", "status_class"),
)
ORDERS: Final = Metric(
    "bilheteria.orders", "counter", "{order}", "Orders that changed their state", ("event",)
)
TICKETS: Final = Metric("bilheteria.tickets", "counter", "{ticket}", "Tickets that were issued")
HOLDS: Final = Metric(
    "bilheteria.holds", "counter", "{hold}", "Tries to hold seats, by outcome", ("channel", "outcome")
)
HOLD_LOSSES: Final = Metric(
    "bilheteria.hold.losses", "counter", "{seat}", "Seats that someone else had taken first"
)
CHARGES: Final = Metric(
    "bilheteria.charges", "counter", "{charge}", "Charges that changed their state", ("event",)
)
REFUNDS: Final = Metric(
    "bilheteria.refunds", "counter", "{refund}", "Refunds that changed their state", ("event",)
)
ADMISSIONS: Final = Metric(
    "bilheteria.admissions", "counter", "{scan}", "Scans at the door, by verdict", ("verdict",)
)
GUARDS: Final = Metric(
    "bilheteria.guards", "counter", "{hit}", "Conditions in the database that stopped a conflict", ("guard",)
)
MESSAGES: Final = Metric(
    "bilheteria.messages",
    "counter",
    "{delivery}",
    "Deliveries that a worker handled",
    ("consumer", "kind", "outcome"),
)
MESSAGE_DURATION: Final = Metric(
    "bilheteria.message.duration", "histogram", "s", "The time to handle a delivery", ("consumer", "kind")
)
MESSAGE_WAIT: Final = Metric(
    "bilheteria.message.wait",
    "histogram",
    "s",
    "The time from the commit of a message to its first delivery",
    ("consumer", "kind"),
)
RELAYED: Final = Metric(
    "bilheteria.relay.messages", "counter", "{message}", "Messages that a relay moved to SQS", ("consumer",)
)
QUEUE_DEPTH: Final = Metric(
    "bilheteria.queue.depth", "gauge", "{message}", "Messages in a queue", ("queue", "consumer", "state")
)
QUEUE_AGE: Final = Metric(
    "bilheteria.queue.age",
    "gauge",
    "s",
    "The time for which the oldest message of a queue is due",
    ("queue", "consumer", "state"),
)
MAIL_PROBLEMS: Final = Metric(
    "bilheteria.mail.problems",
    "counter",
    "{mail}",
    "Mails that came back, were refused or were reported as spam",
    ("problem",),
)
PDF_DURATION: Final = Metric(
    "bilheteria.pdf.duration", "histogram", "s", "The time to make the PDF of an order"
)
TICKS: Final = Metric("bilheteria.ticks", "counter", "{run}", "Runs of periodic work", ("tick", "outcome"))

ALL: Final = (
    REQUESTS,
    ORDERS,
    TICKETS,
    HOLDS,
    HOLD_LOSSES,
    CHARGES,
    REFUNDS,
    ADMISSIONS,
    GUARDS,
    MESSAGES,
    MESSAGE_DURATION,
    MESSAGE_WAIT,
    RELAYED,
    QUEUE_DEPTH,
    QUEUE_AGE,
    MAIL_PROBLEMS,
    PDF_DURATION,
    TICKS,
)

HoldOutcome = Literal["held", "seats_lost", "nothing_fits", "too_many", "single_seat", "refused"]
Guard = Literal[
    "seat",  # a claim of the seat was there
    "half_price",  # the quota of half-price tickets was used up
    "stock",  # the product was sold out
    "second_payment",  # the order was paid, or had ended, when the receipt came
    "wrong_amount",  # the receipt is not the order's total
    "late_money",  # the payment came after the seats were lost, or when the screening was over or called off
    "admission",  # the ticket was admitted before
    "message",  # the effect of the message was committed before
]
MailProblem = Literal["refused", "returned", "complaint", "transient", "other"]
MessageOutcome = Literal["done", "repeated", "retried", "discarded", "dead"]
