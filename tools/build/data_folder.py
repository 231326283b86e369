"""The data folder of a program that runs the box office here: its lock, and how messages name it."""

from __future__ import annotations

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from app.cli.serve_checks import CannotServe


@contextmanager
def locked(folder: Path, name: str) -> Iterator[None]:
    """Hold the lock file `name` of a folder, which is made if need be. Raises CannotServe if it is in use."""
    folder.mkdir(parents=True, exist_ok=True)
    with (folder / name).open("w") as handle:
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise CannotServe(f"it runs already on {short(folder)}") from None
        yield


def short(path: Path) -> str:
    """The path as a person in the current folder would type it."""
    return os.path.relpath(path) if path.is_relative_to(Path.cwd()) else str(path)
