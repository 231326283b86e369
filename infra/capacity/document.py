"""Puts the tables into docs/capacity.md, each between `<!-- table: NAME -->` and `<!-- end -->`."""

from __future__ import annotations

import re
from pathlib import Path

from infra.capacity.tables import TABLES

DOCUMENT = Path(__file__).resolve().parents[2] / "docs" / "capacity.md"
_PLACE = re.compile(r"(<!-- table: (\w+) -->\n).*?(\n<!-- end -->)", re.DOTALL)


def with_tables(text: str) -> str:
    """The text with new tables. Raises KeyError for an unknown name."""
    return _PLACE.sub(lambda found: f"{found[1]}{TABLES[found[2]]()}{found[3]}", text)


def named_tables(text: str) -> list[str]:
    return [found[2] for found in _PLACE.finditer(text)]
