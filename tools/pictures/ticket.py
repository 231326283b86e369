"""The picture of the way of a ticket: from the chosen seat to the door."""

from __future__ import annotations

import itertools

from tools.pictures.drawing import Picture

COLUMNS = (62, 196, 330, 464, 598)
LANE = 108
TASK = "aws/compute/fargate"
QUEUE = "aws/integration/simple-queue-service-sqs-queue"
DATABASE = "aws/database/rds-postgresql-instance"
PERSON = "onprem/client/user"
# Lanes: title, colours, and (icon, title, lines …) from left to right.
LANES = (
    (
        "1. A seat is held: one row, whose uniqueness is the lock", "#fdf4ec", "#e0a458",
        (
            (PERSON, "Customer", "web or kiosk"),
            (TASK, "pages", "or a partner by REST"),
            (TASK, "reservations", "holds for 10 minutes"),
            (DATABASE, "seat_claims", "screening, seat = key"),
        ),
    ),
    (
        "2. A payment: the charge is committed before the bank is called", "#f8f0f6", "#b678a4",
        (
            (PERSON, "Customer", "pays by Pix or card"),
            (DATABASE, "outbox", "in the same commit"),
            (QUEUE, "payments", "moved by the relay"),
            (TASK, "payments worker", "asks for the state"),
            ("onprem/client/client", "Bank", "webhook is a hint"),
        ),
    ),
    (
        "3. Settling: one transaction, so paid means ticket", "#eef6ee", "#6aa56a",
        (
            (QUEUE, "orders", "PaymentReceived"),
            (TASK, "orders worker", "paid, sold, signed"),
            (DATABASE, "tickets", "QR codes at once"),
        ),
    ),
    (
        "4. PDF and mail follow by message; nobody waits for them", "#eef3fb", "#6f8fc4",
        (
            (QUEUE, "tickets", "OrderPaid"),
            (TASK, "tickets worker", "makes the PDF"),
            ("aws/storage/simple-storage-service-s3", "S3", "private, links expire"),
            (TASK, "users worker", "TicketsReady"),
            ("aws/engagement/simple-email-service-ses", "SES", "mail to the buyer"),
        ),
    ),
    (
        "5. The door: admitted exactly once", "#f3f1fa", "#8d7fc0",
        (
            (PERSON, "Staff", "scans the QR code"),
            (TASK, "pages or REST", "verifies the signature"),
            (TASK, "tickets", "one conditional update"),
            (DATABASE, "valid → admitted", "row count is checked"),
        ),
    ),
)  # fmt: skip


def draw() -> Picture:
    """Draw a lane for each step."""
    picture = Picture()
    for number, (title, fill, line, nodes) in enumerate(LANES):
        top = number * LANE
        picture.group(title, 4, top, 656, top + LANE - 10, fill=fill, line=line)
        names = [f"{number} {node[1]}" for node in nodes]
        for name, x, node in zip(names, COLUMNS, nodes, strict=False):
            picture.node(name, x, top + 58, *node)
        for source, target in itertools.pairwise(names):
            picture.arrow(source, target)
    return picture
