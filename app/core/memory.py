"""Garbage collection of a process that runs for days."""

from __future__ import annotations

import gc

from sqlalchemy.orm import configure_mappers

from app.core import i18n

# Python's default of 700 collects several times a request, although a request makes almost no cyclic garbage.
NEW_OBJECTS, YOUNG, MIDDLE = 10_000, 10, 10


def freeze_loaded() -> None:
    """Exclude all loaded objects from garbage collection, and collect new objects less often.

    Call it when everything is loaded, before the process forks or serves: a collection writes to each object that it
    visits, and would copy memory that the processes share.
    """
    i18n.load()
    configure_mappers()  # otherwise each process does it at its first query
    gc.collect()
    gc.freeze()
    gc.set_threshold(NEW_OBJECTS, YOUNG, MIDDLE)
