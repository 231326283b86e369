"""Imports form no cycle, and a chain of them stays short enough to follow.

Imports inside functions count, because they hide a cycle. Imports for type checking do not count.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from pathlib import Path

import grimp
import pytest

# Lower this number when the longest chain becomes shorter, and never raise it.
LONGEST_CHAIN = 14
Edges = Mapping[str, frozenset[str]]


@cache
def edges() -> Edges:
    """Module → the modules that it imports."""
    graph = grimp.build_graph("app", "kiosk", exclude_type_checking_imports=True, cache_dir=None)
    return {module: frozenset(graph.find_modules_directly_imported_by(module)) for module in graph.modules}


def reachable(imports: Edges, start: str) -> frozenset[str]:
    """All modules that `start` imports, directly or not; `start` is among them if it is in a cycle."""
    found: set[str] = set()
    ahead = list(imports[start])
    while ahead:
        module = ahead.pop()
        if module not in found:
            found.add(module)
            ahead += imports[module]
    return frozenset(found)


def cycles(imports: Edges) -> set[frozenset[str]]:
    """The groups of modules that import each other, directly or not."""
    within = {module: reachable(imports, module) for module in imports}
    return {
        frozenset(other for other in found if module in within[other])
        for module, found in within.items()
        if module in found
    }


def longest_chain(imports: Edges) -> list[str]:
    """The modules of the longest chain of imports; those of a cycle count as one."""
    group = {module: min(cycle) for cycle in cycles(imports) for module in cycle}
    grouped: dict[str, set[str]] = {}
    for module, found in imports.items():
        name = group.get(module, module)
        grouped.setdefault(name, set()).update({group.get(one, one) for one in found} - {name})

    @cache
    def below(module: str) -> list[str]:
        return [module, *max((below(one) for one in sorted(grouped[module])), key=len, default=[])]

    return max((below(module) for module in sorted(grouped)), key=len)


def test_there_is_no_import_cycle() -> None:
    assert {tuple(sorted(cycle)) for cycle in cycles(edges())} == set()


def test_no_chain_of_imports_is_longer_than_the_longest_known() -> None:
    chain = longest_chain(edges())
    assert len(chain) <= LONGEST_CHAIN, "\n".join(chain)


def planted(folder: Path, sources: Mapping[str, str]) -> Edges:
    package = folder / "planted"
    package.mkdir()
    (package / "__init__.py").touch()
    for name, source in sources.items():
        (package / f"{name}.py").write_text(source)
    graph = grimp.build_graph("planted", exclude_type_checking_imports=True, cache_dir=None)
    return {module: frozenset(graph.find_modules_directly_imported_by(module)) for module in graph.modules}


def test_control_a_planted_cycle_is_found(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.syspath_prepend(str(tmp_path))
    imports = planted(
        tmp_path,
        {
            "a": "from planted import b\n",
            "b": "def later() -> None:\n    from planted import c\n    c\n",
            "c": "from planted.a import b\n",
            "d": "from planted import a\n",
        },
    )
    assert cycles(imports) == {frozenset({"planted.a", "planted.b", "planted.c"})}
    assert longest_chain(imports) == ["planted.d", "planted.a"]


def test_an_import_for_type_checking_is_no_cycle(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.syspath_prepend(str(tmp_path))
    typed = "from typing import TYPE_CHECKING\nif TYPE_CHECKING:\n    from planted import a\n"
    assert cycles(planted(tmp_path, {"a": "from planted import b\n", "b": typed})) == set()


def test_control_a_planted_chain_is_measured(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.syspath_prepend(str(tmp_path))
    links = {f"m{number}": f"from planted import m{number + 1}\n" for number in range(8)}
    assert len(longest_chain(planted(tmp_path, links | {"m8": ""}))) == 9
