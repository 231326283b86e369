"""The web application, as gunicorn and the flask command find it."""

import sys

import click

from app import create_app
from app.core.config import BadSetting
from infra.local.static_files import serve_static

try:
    app = create_app()
except BadSetting as error:
    sys.exit(f"bilheteria: {error}")
if click.get_current_context(silent=True):  # the flask command asks: a server has no use for commands
    from app.cli import register

    register(app)
application = serve_static(app)
