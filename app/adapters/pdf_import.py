"""An import of WeasyPrint that defers two modules of fontTools, to save memory.

WeasyPrint imports fontTools' subsetter and its instancer of variable fonts at once: 10 MB. Our documents need neither,
because HarfBuzz makes the subsets and our fonts are static. The two modules are imported at the first call.
"""

from __future__ import annotations

import sys
from importlib import import_module
from types import ModuleType
from typing import Any

_DEFERRED = ("fontTools.subset", "fontTools.varLib.instancer")


class _DeferredModule(ModuleType):
    """A placeholder for a module, which it imports when one of its functions is called."""

    def __getattr__(self, name: str) -> Any:
        if name.startswith("__"):
            raise AttributeError(name)

        def call(*args: Any, **kwargs: Any) -> Any:
            return getattr(import_module(self.__name__), name)(*args, **kwargs)

        return call


def load() -> None:
    """Import WeasyPrint. Raises OSError if a library that it needs is missing."""
    placeholders = {name: _DeferredModule(name) for name in _DEFERRED if name not in sys.modules}
    sys.modules.update(placeholders)
    try:
        import_module("weasyprint")
    finally:
        for name in placeholders:
            sys.modules.pop(name, None)
