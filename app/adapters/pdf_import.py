"""WeasyPrint without what it would load for fonts that we do not have.

It imports fontTools' subsetting and its instances of variable fonts when it is imported itself: 10 MB of memory, for
files that HarfBuzz subsets and for fonts that are no variable ones. Here they are loaded when they are first called.
"""

from __future__ import annotations

import sys
from importlib import import_module
from types import ModuleType
from typing import Any

_LATER = ("fontTools.subset", "fontTools.varLib.instancer")


class _Later(ModuleType):
    """Stands for a module until something of it is called."""

    def __getattr__(self, name: str) -> Any:
        if name.startswith("__"):
            raise AttributeError(name)

        def call(*args: Any, **kept: Any) -> Any:
            return getattr(import_module(self.__name__), name)(*args, **kept)

        return call


def load() -> None:
    """Import WeasyPrint. Raises OSError when a library that it draws with is missing."""
    standing_in = {name: _Later(name) for name in _LATER if name not in sys.modules}
    sys.modules.update(standing_in)
    try:
        import_module("weasyprint")
    finally:
        for name in standing_in:
            sys.modules.pop(name, None)
