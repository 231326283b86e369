"""Install a kiosk on Debian 12 or 13, look whether it is installed as it should be (--check), or remove it (--remove).

Run it again after an update: it changes what differs and nothing else. With --root DIR the files go below DIR, and the
commands that would change the system are printed instead of run.
"""

from __future__ import annotations

import argparse
import os
import shutil
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

from kiosk.device import config
from kiosk.device.config import Config
from kiosk.device.setup import files, places, steps
from kiosk.device.setup.files import File


def main() -> int:
    options = _options()
    os.umask(0o022)  # everybody reads what is installed, above all the policy
    system = System(options.root)
    if options.root is None and os.geteuid() != 0 and not options.check:
        print("install: this needs root: sudo kiosk/device/install …", file=sys.stderr)
        return 2
    try:
        if options.remove:
            remove(system)
            return 0
        settings = _settings(system, options)
        if options.check:
            return check(system, settings)
        install(system, settings)
    except (config.ConfigError, CommandFailed, OSError) as error:
        print(f"install: {error}", file=sys.stderr)
        return 2
    return 0


class CommandFailed(Exception):
    """The message has the command."""


class System:
    """The machine, or with a root a folder that stands for it."""

    def __init__(self, root: Path | None) -> None:
        self.root = root

    def place(self, path: Path) -> Path:
        return path if self.root is None else self.root / path.relative_to("/")

    def run(self, command: Sequence[str]) -> None:
        if self.root is not None:
            print(f"would run: {' '.join(command)}")
        elif subprocess.run(command, stdin=subprocess.DEVNULL).returncode:
            raise CommandFailed(f"{' '.join(command)} failed")

    def has(self, file: File) -> bool:
        place = self.place(file.path)
        return (
            place.is_file()
            and place.read_bytes() == file.content
            and place.stat().st_mode & 0o777 == file.mode
        )

    def write(self, file: File) -> None:
        place = self.place(file.path)
        place.parent.mkdir(parents=True, exist_ok=True)
        fresh = place.with_name(place.name + ".new")
        fresh.write_bytes(file.content)
        fresh.chmod(file.mode)
        fresh.replace(place)

    def done(self, step: steps.Step) -> bool:
        return self.root is None and step.is_done()


def install(system: System, settings: Config) -> None:
    for step in steps.before_files():
        _do(system, step)
    wanted = files.wanted(settings)
    installed, changed = files.installed(wanted), [file for file in wanted if not system.has(file)]
    if changed:  # not before the units run with these files is the installation complete
        system.place(installed.path).unlink(missing_ok=True)
    for file in changed:
        system.write(file)
        print(f"wrote {file.path}")
    for path in _left_over(system, settings):
        path.unlink()
    for step in steps.after_files():
        _do(system, step)
    was_complete = system.has(installed)
    if not was_complete:
        for command in steps.restart():
            system.run(command)
        system.write(installed)
    _do(system, steps.running())
    print("nothing had to be changed" if was_complete else "installed")


def check(system: System, settings: Config) -> int:
    """Print what differs; 0 if nothing does. With a root only the files are looked at."""
    wanted = files.wanted(settings)
    differing = [str(file.path) for file in (*wanted, files.installed(wanted)) if not system.has(file)]
    if system.root is None:
        every = [*steps.before_files(), *steps.after_files(), steps.running()]
        differing += [step.name for step in every if not step.is_done()]
    for name in differing:
        print(f"missing or changed: {name}")
    if not differing:
        print("all is as it should be")
    return 1 if differing else 0


def _left_over(system: System, settings: Config) -> list[Path]:
    """Modules of an older version."""
    kept = {system.place(file.path) for file in files.wanted(settings)}
    return [path for path in system.place(places.LIBRARY).rglob("*.py") if path not in kept]


def remove(system: System) -> None:
    """Remove all that an installation made, with the journal, the pairing and the browser's profile."""
    kept = system.place(places.TARGET_BEFORE)
    units = (places.SESSION_UNIT, places.AGENT_UNIT)
    found = [unit for unit in units if system.place(places.UNITS / unit).is_file()]
    for command in steps.removal(found, kept.read_text() if kept.is_file() else ""):
        system.run(command)
    any_settings = config.parse('origin = "https://removed.invalid"')
    for file in files.wanted(any_settings):
        system.place(file.path).unlink(missing_ok=True)
    for folder in (places.PROGRAM, places.CONFIG.parent, places.STATE, places.PROFILE, places.CURSORS):
        shutil.rmtree(system.place(folder), ignore_errors=True)
    for command in [["systemctl", "daemon-reload"], *steps.removal_of_users()]:
        system.run(command)
    print("removed")


def _do(system: System, step: steps.Step) -> None:
    if not system.done(step):
        for command in step.commands:
            system.run(command)


def _settings(system: System, options: argparse.Namespace) -> Config:
    """The machine's configuration; it is written once, and after that changed by hand. Raises ConfigError."""
    place = system.place(places.CONFIG)
    if place.exists():
        if options.origin or options.printer or options.rotation is not None or options.keyboard:
            raise config.ConfigError(f"{places.CONFIG} is there already: change it, then run this again")
        return config.read(place)
    if not options.origin:
        raise config.ConfigError("--origin https://… is needed: this machine has no configuration yet")
    text = files.configuration(
        options.origin, options.printer or "none", options.rotation or 0, options.keyboard or "br"
    )
    settings = config.parse(text)
    if not options.check:
        system.write(File(places.CONFIG, text.encode()))
        print(f"wrote {places.CONFIG}")
    return settings


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="install", description=__doc__)
    parser.add_argument("--origin", help="the server's address, such as https://ingressos.example")
    parser.add_argument(
        "--printer", help="usb:VENDOR:PRODUCT (as lsusb shows them), network:HOST, file:PATH, none"
    )
    parser.add_argument("--rotation", type=int, choices=config.ROTATIONS, help="of the screen (0)")
    parser.add_argument("--keyboard", help="layout of a plugged-in keyboard (br)")
    parser.add_argument("--root", type=Path, metavar="DIR", help="write below DIR, print the commands")
    modes = parser.add_mutually_exclusive_group()
    modes.add_argument("--check", action="store_true", help="change nothing; say what differs")
    modes.add_argument("--remove", action="store_true", help="take everything away again")
    return parser.parse_args()


if __name__ == "__main__":
    sys.exit(main())
