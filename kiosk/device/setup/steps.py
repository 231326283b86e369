"""What an installation does on the system beside its files: packages, users, Python packages, units."""

from __future__ import annotations

import hashlib
import pwd
import re
import subprocess
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from kiosk.device.setup import places
from kiosk.device.setup.files import SOURCE

REQUIREMENTS = "requirements.txt"
_TARGET = re.compile(r"[A-Za-z0-9:_.@-]+\.target")
_STAMP = places.VENV / "installed-requirements"
_UNITS = (places.AGENT_UNIT, places.SESSION_UNIT)


@dataclass(frozen=True)
class Step:
    """`commands` are run when `is_done` says no."""

    name: str
    is_done: Callable[[], bool]
    commands: Sequence[Sequence[str]]


def before_files() -> list[Step]:
    users = [
        Step(
            f"the user {user}",
            lambda user=user: _has_user(user),  # type: ignore[misc]
            [["useradd", "--system", "--user-group", "--no-create-home", "--home-dir", str(home),
              "--shell", "/usr/sbin/nologin", user]],
        )
        for user, home in ((places.AGENT_USER, places.STATE), (places.BROWSER_USER, places.PROFILE))
    ]  # fmt: skip
    packages = [
        _packages("the Debian packages", places.PACKAGES),
        _packages("the Debian packages of the spoken guidance", places.SPEECH_PACKAGES),
    ]
    return [*packages, *users]


def _packages(name: str, packages: Sequence[str]) -> Step:
    apt = ["apt-get", "install", "-y", "--no-install-recommends", *packages]
    return Step(name, lambda: _has_packages(packages), [["apt-get", "update"], apt])


def after_files() -> list[Step]:
    installed = str(places.LIBRARY / "kiosk" / "device" / REQUIREMENTS)
    pip = [f"{places.VENV}/bin/pip", "install", "--quiet", "--requirement", installed]
    stamp = ["sh", "-c", f"echo {_fingerprint()} > {_STAMP}"]
    venv = [["python3", "-m", "venv", str(places.VENV)], pip, stamp]
    keep_target = f"test -s {places.TARGET_BEFORE} || systemctl get-default > {places.TARGET_BEFORE}"
    enable = [
        ["sh", "-c", keep_target],
        ["systemctl", "enable", *_UNITS],
        ["systemctl", "set-default", "graphical.target"],
    ]
    return [
        Step("the Python packages", _has_python_packages, venv),
        Step("the units at each start", lambda: all(map(_is_enabled, _UNITS)), enable),
    ]


def restart() -> list[list[str]]:
    """After a file has changed. Both units come with the machine's next start otherwise."""
    return [["systemctl", "daemon-reload"], ["systemctl", "restart", *_UNITS]]


def running() -> Step:
    return Step("the running units", lambda: all(map(_is_active, _UNITS)), [["systemctl", "start", *_UNITS]])


def removal(units: Sequence[str], target_before: str) -> list[list[str]]:
    """Before the files go. The Debian packages stay: others may use them.

    `units` are those that are there: an installation or a removal may have been cut short. `target_before` is the kept
    output of `systemctl get-default`; without a target in it the machine's stays as it is.
    """
    commands = [["systemctl", "disable", "--now", *units]] if units else []
    target = target_before.strip()
    if _TARGET.fullmatch(target):
        commands.append(["systemctl", "set-default", target])
    return commands


def removal_of_users() -> list[list[str]]:
    """The session's user has a systemd of its own, which outlives the session: a user with processes is not removed."""
    users = [user for user in (places.AGENT_USER, places.BROWSER_USER) if _has_user(user)]
    end = [["sh", "-c", f"systemctl stop user-{pwd.getpwnam(user).pw_uid}.slice || true"] for user in users]
    return [*end, *(["userdel", user] for user in users)]


def _has_packages(packages: Sequence[str]) -> bool:
    asked = ["dpkg-query", "--show", "--showformat=${db:Status-Status}\n", *packages]
    said = _run(asked)
    return said.returncode == 0 and set(said.stdout.split()) == {"installed"}


def _has_user(name: str) -> bool:
    try:
        pwd.getpwnam(name)
    except KeyError:
        return False
    return True


def _has_python_packages() -> bool:
    return _STAMP.exists() and _STAMP.read_text().strip() == _fingerprint()


def _fingerprint() -> str:
    return hashlib.sha256((SOURCE / REQUIREMENTS).read_bytes()).hexdigest()


def _is_enabled(unit: str) -> bool:
    return _run(["systemctl", "is-enabled", "--quiet", unit]).returncode == 0


def _is_active(unit: str) -> bool:
    return _run(["systemctl", "is-active", "--quiet", unit]).returncode == 0


def _run(command: Sequence[str]) -> subprocess.CompletedProcess[str]:
    try:
        return subprocess.run(
            command,
            capture_output=True,
            text=True,
            env={"LC_ALL": "C", "PATH": "/usr/sbin:/usr/bin:/sbin:/bin"},
        )
    except OSError:
        return subprocess.CompletedProcess(command, 127, "", "")


_PATH = "/usr/sbin:/usr/bin:/sbin:/bin"
