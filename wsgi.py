"""The web application, as gunicorn and the flask command find it."""

import sys

import click

from app import create_app
from app.adapters.postgres_limits import COMMANDS
from app.core.config import BadSetting
from app.web.static_files import serve_static

in_command = click.get_current_context(silent=True) is not None
try:
    app = create_app(limits=COMMANDS if in_command else None)
except BadSetting as error:
    sys.exit(f"bilheteria: {error}")
if in_command:  # only the flask command needs the commands, not a server
    from app.cli import register

    register(app)
application = serve_static(app)
