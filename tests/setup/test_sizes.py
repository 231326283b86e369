"""Modules and functions stay short enough to be read in one go."""

from __future__ import annotations

import ast
from collections.abc import Callable, Iterator
from pathlib import Path
from statistics import median

import pytest

ROOT = Path(__file__).resolve().parents[2]
LONGEST_MODULE = 300  # lines
LONGEST_FUNCTION = 40  # lines, from `def` to the last one of its body


def modules() -> list[Path]:
    found = [
        path
        for folder in ("app", "infra", "kiosk", "tools")
        for path in sorted((ROOT / folder).rglob("*.py"))
    ]
    return [path for path in found if "node_modules" not in path.parts]


def module_lengths() -> dict[str, int]:
    return {str(path.relative_to(ROOT)): len(path.read_text().splitlines()) for path in modules()}


def function_lengths() -> dict[str, int]:
    return {
        f"{path.relative_to(ROOT)}:{function.lineno} {function.name}": lines
        for path in modules()
        for function, lines in functions_of(path.read_text())
    }


def functions_of(source: str) -> Iterator[tuple[ast.FunctionDef | ast.AsyncFunctionDef, int]]:
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            yield node, (node.end_lineno or node.lineno) - node.lineno + 1


def summary(lengths: dict[str, int]) -> str:
    """`97 / 220 / 297`: median, 90th percentile and longest."""
    ordered = sorted(lengths.values())
    return f"{median(ordered):g} / {ordered[len(ordered) * 9 // 10]} / {ordered[-1]}"


@pytest.mark.parametrize(
    ("measured", "longest"), [(module_lengths, LONGEST_MODULE), (function_lengths, LONGEST_FUNCTION)]
)
def test_none_is_too_long(measured: Callable[[], dict[str, int]], longest: int) -> None:
    """With `pytest -s` it prints the median, the 90th percentile and the longest."""
    lengths = measured()
    print(f"{measured.__name__}: {summary(lengths)} of {len(lengths)}")
    assert {name: lines for name, lines in lengths.items() if lines > longest} == {}


def test_a_planted_long_function_is_found() -> None:
    source = "class A:\n    def long(self):\n" + "        self.one()\n" * 40
    assert [(function.name, lines) for function, lines in functions_of(source)] == [("long", 41)]
