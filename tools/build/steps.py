"""The steps of the set-up: each prints its progress, is skipped if its sources are unchanged, and fails in one line."""

from __future__ import annotations

import hashlib
import os
import subprocess
import sys
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
VENV = ROOT / ".venv"
PYTHON = VENV / "bin" / "python"
STAMPS = VENV / "stamps"


class SetupError(Exception):
    """The set-up failed; the message is one line that says what to do."""


def say(line: str) -> None:
    print(line, flush=True)


@contextmanager
def progress(title: str) -> Iterator[None]:
    """Print a line before a long step, and one after it. Steps may run side by side."""
    say(f"{title} …")
    begun = time.monotonic()
    yield
    say(f"  {title}: done in {time.monotonic() - begun:.1f} s")


def run(command: Sequence[str | Path], failure: str, env: dict[str, str] | None = None) -> None:
    """Run a command quietly; when it fails, print the end of its output and raise SetupError(failure)."""
    done = subprocess.run(
        [str(part) for part in command], cwd=ROOT, env={**os.environ, **(env or {})},
        stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, errors="replace",
    )  # fmt: skip
    if done.returncode:
        sys.stderr.write("".join(f"  {line}\n" for line in done.stdout.strip().splitlines()[-12:]))
        raise SetupError(failure)


def fingerprint(paths: Iterable[Path], *facts: str) -> str:
    """A hash of the files' names and contents, and of further facts that the result depends on."""
    digest = hashlib.sha256("\0".join(facts).encode())
    for path in sorted(paths):
        digest.update(os.fsencode(path.relative_to(ROOT)))
        digest.update(path.read_bytes())
    return digest.hexdigest()


def step(name: str, title: str, made_from: str, results: Sequence[Path], action: Callable[[], None]) -> None:
    """Do `action`, unless its stamp is of the same sources and its results exist."""
    stamp = STAMPS / name
    if stamp.exists() and stamp.read_text() == made_from and all(result.exists() for result in results):
        return
    stamp.unlink(missing_ok=True)
    with progress(title):
        action()
    STAMPS.mkdir(parents=True, exist_ok=True)
    stamp.write_text(made_from)
