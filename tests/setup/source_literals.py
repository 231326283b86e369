"""The string literals of modules, without docstrings, for the tests of source rules."""

from __future__ import annotations

import ast
from collections.abc import Iterator, Sequence
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
SERVICES = ("orders", "reservations", "tickets", "events", "products", "payments", "users")
Literal = tuple[int, str]


def modules(*packages: str) -> list[Path]:
    """The Python files of these packages of `app`, relative to the repository."""
    files = [file for package in packages for file in (ROOT / "app" / package).rglob("*.py")]
    return sorted(file.relative_to(ROOT) for file in files)


def literals(source: str, *, but_arguments_of: Sequence[str] = ()) -> Iterator[Literal]:
    """(line, text) of each string literal and part of an f-string, without docstrings and arguments of some calls."""
    tree = ast.parse(source)
    skipped = {id(node) for node in _docstrings(tree)} | {
        id(node) for node in _arguments(tree, but_arguments_of)
    }
    for node in ast.walk(tree):
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and id(node) not in skipped:
            yield node.lineno, node.value


def _docstrings(tree: ast.Module) -> Iterator[ast.expr]:
    """String literals that are statements: docstrings, also those of variables."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant):
            yield node.value


def _arguments(tree: ast.Module, names: Sequence[str]) -> Iterator[ast.expr]:
    for node in ast.walk(tree):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id in names:
            yield from node.args
