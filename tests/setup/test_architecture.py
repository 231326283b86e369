"""docs/architecture.md: every file and test that it names exists, and every pillar has promises."""

from __future__ import annotations

import re
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
PAGE = ROOT / "docs/architecture.md"
PILLARS = {
    "Operational excellence",
    "Security",
    "Reliability",
    "Performance efficiency",
    "Cost optimisation",
    "Sustainability",
}
ROW = re.compile(r"^\| (.+) \| \[[^]]+\]\(([^)]+)\) \| \[[^]]+\]\(([^)]+)\)(?: `(\w+)`)? \|$", re.MULTILINE)


def test_every_pillar_has_promises() -> None:
    parts = re.split(r"^## ", PAGE.read_text(), flags=re.MULTILINE)
    found = {part.partition("\n")[0] for part in parts if ROW.search(part)}
    assert found == PILLARS


def test_every_promise_names_a_file_and_a_test_that_exist() -> None:
    rows = ROW.findall(PAGE.read_text())
    assert len(rows) > 25
    for promise, file, test, name in rows:
        assert (PAGE.parent / file).exists(), promise
        assert not name or f"def {name}(" in (PAGE.parent / test).read_text(), promise
        assert "def test_" in (PAGE.parent / test).read_text(), promise


def test_every_row_of_its_tables_is_read() -> None:
    lines = [
        line for line in PAGE.read_text().splitlines() if line.startswith("| ") and "kept by" not in line
    ]
    assert len(lines) == len(ROW.findall(PAGE.read_text()))
