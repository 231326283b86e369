"""The commands: `flask --app wsgi <command>`. A module adds its `command`, or its list `commands`.

A module imports what its command needs when the command runs, to save memory in the web processes.
"""

from __future__ import annotations

import io
import pkgutil
import sys
from importlib import import_module
from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from flask import Flask


def register(app: Flask) -> None:
    """Add the commands of this package to `app`, and what Flask-Migrate's `flask db` works on."""
    from app import migrations_target

    replace_unprintable_output()
    migrations_target.init_app(app)
    for module in pkgutil.iter_modules(__path__):
        found = import_module(f"{__name__}.{module.name}")
        for command in (getattr(found, "command", None), *getattr(found, "commands", ())):
            if isinstance(command, click.Command):
                app.cli.add_command(command)


def replace_unprintable_output() -> None:
    """Print `?` for letters that the terminal's character set lacks (`…` in ISO-8859-1), instead of failing."""
    if isinstance(sys.stdout, io.TextIOWrapper):
        sys.stdout.reconfigure(errors="replace")
