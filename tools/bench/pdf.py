"""Measures the processor time of a ticket's PDF, with the worker's code, for an order of this run."""

from __future__ import annotations

import subprocess
import sys

from tools.bench.server import ROOT, BenchServer

_CHILD = """
import sys, time
from app.core import config, db
settings = config.Settings.from_env()
config.use(settings)
db.connect(settings.database.url)
from tools.bench.pdf import make_one
make_one(sys.argv[1])
began, pages = time.process_time(), 0
for _ in range(20):
    pages += make_one(sys.argv[1])
print((time.process_time() - began) / pages * 1000)
"""


def make_one(order_id: str) -> int:
    """Make the PDF of an order; returns its number of tickets."""
    import uuid

    from app.core import db
    from app.tickets import issuing, pdf_layout

    with db.reading():
        tickets = issuing.of_order(uuid.UUID(order_id))
    pdf_layout.render_pdf(tickets, "pt_BR", "Cine Lanterna")
    return len(tickets)


def cpu_ms(server: BenchServer) -> float | None:
    """Milliseconds of processor time per ticket; None without a paid order."""
    orders = server.query("select order_id from tickets.tickets limit 1")
    if not orders:
        return None
    command = [sys.executable, "-c", _CHILD, str(orders[0][0])]
    done = subprocess.run(command, cwd=ROOT, env=server.env, capture_output=True, text=True)
    if done.returncode:
        raise RuntimeError(done.stderr)
    return float(done.stdout)
