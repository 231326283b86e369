"""Checks the rules of docs/decisions/22-data-access.md that can be read from the code."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

APP = Path(__file__).resolve().parents[2] / "app"
UNIT_OF_WORK = {"add", "add_all", "merge", "flush", "refresh", "expunge"}
LAZY = {"relationship", "backref", "joinedload", "selectinload"}


def breaches(source: str) -> Iterator[str]:
    """The calls of the unit of work on a session, and relationships between tables."""
    for node in ast.walk(ast.parse(source)):
        if not isinstance(node, ast.Call):
            continue
        name = node.func.attr if isinstance(node.func, ast.Attribute) else getattr(node.func, "id", "")
        of = ast.unparse(node.func.value) if isinstance(node.func, ast.Attribute) else ""
        if name in LAZY or (name in UNIT_OF_WORK and of.split(".")[-1] in ("session", "session()")):
            yield f"{node.lineno}: {ast.unparse(node.func)}"


def test_no_module_uses_the_unit_of_work_or_lazy_loading() -> None:
    found = {str(path.relative_to(APP)): list(breaches(path.read_text())) for path in APP.rglob("*.py")}
    assert {path: lines for path, lines in found.items() if lines} == {}


@pytest.mark.parametrize(
    "planted",
    [
        "session.add(row)",
        "db.session().flush()",
        "orders = relationship('OrderRow')",
        "orm.relationship('OrderRow')",
    ],
)
def test_control_a_breach_is_found(planted: str) -> None:
    assert list(breaches(planted))
