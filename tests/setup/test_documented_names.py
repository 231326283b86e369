"""Documentation names existing code: each `module.function`, `folder/file.py` and line of a list of calls is found."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest

from app.core.partner_events import EVENTS
from app.migrations_target import all_metadata

ROOT = Path(__file__).resolve().parents[2]
PACKAGES = ("app", "kiosk", "tools", "tests")
TEXTS = [
    *(ROOT / name for name in ("README.md", "CONTRIBUTING.md", "SECURITY.md")),
    *sorted((ROOT / "docs").rglob("*.md")),
]
CODE = re.compile(r"`([^`\n]+)`")
# A line of a list of calls: blanks, perhaps a depth, and a dotted name.
CALL = re.compile(r"^\s*(?:\d+\s+)?([a-z_]+(?:\.\w+)+)$", re.MULTILINE)
LISTS = re.compile(r"^```text\n(.*?)^```", re.MULTILINE | re.DOTALL)
DOTTED = re.compile(r"[a-z_]+(?:\.[A-Za-z_]\w*)+(?=\(|$)")
FILE_NAME = re.compile(r"\w+\.(?:toml|json|yaml|yml|txt|md|csv|conf|ini)")
FILE = re.compile(r"(?:[\w-]+/)+[\w-]+\.(?:py|js|css|html)")
TABLES = set(all_metadata().tables)


def names_in(text: str) -> Iterator[str]:
    """The dotted names and the paths of a text, as they are written."""
    for code in CODE.findall(text):
        if FILE.fullmatch(code):
            yield code
        elif (found := DOTTED.match(code)) and is_ours(found[0]) and not FILE_NAME.fullmatch(code):
            yield found[0]
    for block in LISTS.findall(text):
        yield from CALL.findall(block)


def is_ours(name: str) -> bool:
    """Whether a dotted name begins with a package or module of this repository."""
    first = name.split(".")[0]
    return first in PACKAGES or (ROOT / "app" / first).is_dir()


def exists(name: str) -> bool:
    """Whether the path or dotted name is in the tree.

    A table, with or without a column, is accepted, an event of webhooks, and a verb without its module: `orders.cancel`
    is in `app/orders/service.py`.
    """
    if "/" in name:
        return any((folder / name).exists() for folder in (ROOT, ROOT / "app"))
    parts = name.split(".")
    if ".".join(parts[:2]) in TABLES or name in EVENTS:
        return True
    start = ROOT if parts[0] in PACKAGES else ROOT / "app"
    for length in range(len(parts), 0, -1):
        path = start.joinpath(*parts[:length])
        for file in (path.with_suffix(".py"), path / "__init__.py"):
            if file.is_file():
                service = file.with_name("service.py")
                return has_attribute(file, parts[length:]) or (
                    length < len(parts)
                    and file.name == "__init__.py"
                    and service.is_file()
                    and has_attribute(service, parts[length:])
                )
    return start.joinpath(*parts).is_dir()


def has_attribute(file: Path, attributes: list[str]) -> bool:
    """Whether a module has this attribute, such as `function` or `Class.method`."""
    names = members(file)
    return not attributes or ".".join(attributes) in names


@cache
def members(file: Path) -> frozenset[str]:
    """The names that a module defines or imports, and the members of its classes as `Class.member`."""
    found: set[str] = set()
    for node in ast.parse(file.read_text("utf-8")).body:
        found |= _defined(node)
        if isinstance(node, ast.ClassDef):
            found |= {f"{node.name}.{name}" for inner in node.body for name in _defined(inner)}
    return frozenset(found)


def _defined(node: ast.stmt) -> set[str]:
    if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
        return {node.name}
    if isinstance(node, ast.Import | ast.ImportFrom):
        return {alias.asname or alias.name for alias in node.names}
    targets = node.targets if isinstance(node, ast.Assign) else []
    if isinstance(node, ast.AnnAssign):
        targets = [node.target]
    return {target.id for target in targets if isinstance(target, ast.Name)}


@pytest.mark.parametrize("path", TEXTS, ids=[str(path.relative_to(ROOT)) for path in TEXTS])
def test_documented_names_exist(path: Path) -> None:
    assert [name for name in names_in(path.read_text("utf-8")) if not exists(name)] == []


def test_control_wrong_names_are_found() -> None:
    right = "`core.db.transaction()` `core.worker` `orders.orders` `core/db.py` `app.core.actor.Actor` `x.y`"
    wrong = "`core.db.begin()` `orders.nothing` `core/nothing.py`\n```text\n1  shop.nothing.at_all\n```\n"
    assert all(exists(name) for name in names_in(right))
    assert [name for name in names_in(wrong) if exists(name)] == []
    assert len(list(names_in(wrong))) == 4
