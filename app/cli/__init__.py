"""The commands: `flask --app wsgi <command>`. Each module here that has a `command`
(or a list `commands`) adds it.

A module imports what its command needs when it runs, so that the web processes do not carry it.
"""

from __future__ import annotations

import io
import pkgutil
import sys
from importlib import import_module
from typing import TYPE_CHECKING

import click

from app import migrations_target

if TYPE_CHECKING:
    from flask import Flask


def register(app: Flask) -> None:
    """Add the commands of this package to `app`, and what Flask-Migrate's `flask db` works on."""
    speak_to_any_terminal()
    migrations_target.init_app(app)
    for module in pkgutil.iter_modules(__path__):
        found = import_module(f"{__name__}.{module.name}")
        for command in (getattr(found, "command", None), *getattr(found, "commands", ())):
            if isinstance(command, click.Command):
                app.cli.add_command(command)


def speak_to_any_terminal() -> None:
    """A letter that the terminal's character set lacks (`…` in ISO-8859-1) becomes a `?` instead of ending us."""
    if isinstance(sys.stdout, io.TextIOWrapper):
        sys.stdout.reconfigure(errors="replace")
