"""Garbage collection of a process that serves for days."""

from __future__ import annotations

import gc

from sqlalchemy.orm import configure_mappers

from app.core import i18n

# Python's own 700 has every request collected several times, though next to nothing of it is cyclic.
NEW_OBJECTS, YOUNG, MIDDLE = 10_000, 10, 10


def settle() -> None:
    """To be called once everything is loaded, before a process forks or serves.

    What was loaded is left out of collections for good: walking over it would copy memory that processes share.
    """
    i18n.load()
    configure_mappers()  # else at the first query, in each process by itself
    gc.collect()
    gc.freeze()
    gc.set_threshold(NEW_OBJECTS, YOUNG, MIDDLE)
