"""docs/telemetry.md lists exactly the metrics of `core.metrics`, and the values of their labels."""

from __future__ import annotations

import re
from pathlib import Path
from typing import get_args

import pytest

from app.core import metrics
from app.core.metrics import Guard, HoldOutcome, MessageOutcome, Metric
from app.orders.states import ORDER
from app.payments.states import CHARGE, REFUND

PAGE = (Path(__file__).resolve().parents[2] / "docs" / "telemetry.md").read_text()
DEFINED = [value for value in vars(metrics).values() if isinstance(value, Metric)]


def row(metric: Metric) -> str:
    labels = ", ".join(f"`{one}`" for one in metric.labels)
    cells = [f"`{metric.name}`", metric.kind, f"`{metric.unit}`", labels, metric.about]
    return "|" + "|".join(f" {cell} " if cell else " " for cell in cells) + "|"


def test_the_page_lists_exactly_the_metrics() -> None:
    rows = re.findall(r"^\| `.*\| (?:counter|histogram|gauge) \|.*$", PAGE, re.MULTILINE)
    assert rows == [row(metric) for metric in metrics.ALL]
    assert [*metrics.ALL] == DEFINED


@pytest.mark.parametrize(
    "values",
    [
        get_args(Guard),
        get_args(HoldOutcome),
        get_args(MessageOutcome),
        ORDER.events,
        CHARGE.events,
        REFUND.events,
    ],
)
def test_the_page_names_the_values_of_the_labels(values: tuple[str, ...]) -> None:
    assert [one for one in values if f"`{one}`" not in PAGE] == []
