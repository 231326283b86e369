"""What one operation costs, as measured on the machine of the README's figures."""

from __future__ import annotations

from dataclasses import dataclass

MEASURED = "30 November 2026, two cores of an AMD EPYC with 24 GB, by the parts of `make bench`"


@dataclass(frozen=True)
class Cost:
    """A measured cost. `value` is in `unit`; `source` says how it was found."""

    name: str
    value: float
    unit: str
    source: str = "make bench"


HELLO = Cost("hello page, web and Postgres", 0.46, "ms")
PROGRAMME = Cost("programme, web and Postgres", 1.70, "ms")
SEAT_MAP = Cost("seat map of 300 seats, web and Postgres", 3.49, "ms")
HOLD = Cost("hold of two seats over HTTP, web and Postgres", 5.88, "ms")
SCAN = Cost("scan of a signed QR, web and Postgres", 7.73, "ms")
PURCHASE_WEB = Cost("purchase of two tickets and a snack: web", 38.8, "ms")
PURCHASE_WORKER = Cost("… its worker, without PDF and mail", 28.7, "ms")
PURCHASE_DOCUMENTS = Cost("… its PDF and mail", 55.4, "ms")
PURCHASE_POSTGRES = Cost("… its Postgres", 21.2, "ms")
PDF = Cost("PDF, one ticket", 25.0, "ms")
COMMITS = Cost(
    "transactions of a purchase", 31, "", "pg_stat_database over 300 purchases, idle work taken off"
)
WAL = Cost("write-ahead log of a purchase", 24.2, "KB", "pg_current_wal_lsn over 300 purchases")
ROWS = Cost(
    "growth of the database, one purchase", 15.2, "KB", "pg_database_size over 300 purchases, with indexes"
)
MESSAGES = Cost("handled messages of a purchase", 4, "", "core.processed over 300 purchases")
PDF_BYTES = Cost("PDF of an order of two tickets", 21.0, "KB", "mean of 300 files")
PROGRAMME_BYTES = Cost("programme, compressed", 4.2, "KB", "one answer")
MAP_BYTES = Cost("seat map, compressed", 8.1, "KB", "one answer")
STATIC_BYTES = Cost("scripts and styles of a first visit, compressed", 40.0, "KB")
STREAMS = Cost("open seat maps that one web process served", 2_000, "")

COSTS = (
    HELLO, PROGRAMME, SEAT_MAP, HOLD, SCAN, PURCHASE_WEB, PURCHASE_WORKER, PURCHASE_DOCUMENTS, PURCHASE_POSTGRES, PDF,
    COMMITS, WAL, ROWS, MESSAGES, PDF_BYTES, PROGRAMME_BYTES, MAP_BYTES, STATIC_BYTES, STREAMS,
)  # fmt: skip
